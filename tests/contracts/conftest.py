"""The whole house in process for every test of a promise; started once, by whoever asks first."""

from collections.abc import AsyncIterator
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
