"""The committed documents are what the services promise today."""

from pathlib import Path

import pytest

from system import openapi

FOLDER = Path(__file__).resolve().parents[2] / "openapi"


@pytest.mark.parametrize("service", openapi.SERVICES)
def test_the_committed_document_is_fresh(service: str) -> None:
    committed = (FOLDER / f"{service}.json").read_bytes()
    assert committed == openapi.document(service), "run `make openapi` and commit what it writes"
