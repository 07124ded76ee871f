from dataclasses import replace
from typing import Any

import pytest

from services.riskscore.catalog import load_catalog
from services.riskscore.model import Instrument
from services.riskscore.rules import Scorer


@pytest.fixture(scope="session")
def dash() -> Scorer:
    return load_catalog().find("dash", None, None)


@pytest.fixture(scope="session")
def an_instrument(dash: Scorer) -> Any:
    def make(**changes: Any) -> Instrument:
        return replace(dash.instrument, **changes)

    return make
