"""The whole house in process for every test of a promise; started once, by whoever asks first."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from services.kit import keys
from tests.contracts.together import Together, together


@pytest.fixture(scope="session")
async def house(service_database: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Together]:
    folder = tmp_path_factory.mktemp("keys-of-all")
    keys.ensure(folder)
    async with together(folder, service_database) as running:
        yield running


@pytest.fixture
def said(
    cluster: Any, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Callable[[], str]:
    """What services, libraries and PostgreSQL have written since this was asked last."""
    place = cluster.log.stat().st_size

    def read() -> str:
        nonlocal place
        with cluster.log.open("rb") as log:
            log.seek(place)
            lines = log.read()
        place += len(lines)
        text = "".join([*capsys.readouterr(), caplog.text, lines.decode("utf-8", "replace")])
        caplog.clear()
        return text

    return read
