"""Migrations of a service are one chain: each number once, none left out, each after the one before."""

from pathlib import Path

import pytest
from alembic.util import load_python_file

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = sorted(ROOT.glob("services/*/migrations/versions"))


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: folder.parts[-3])
def test_migrations_are_one_chain(folder: Path) -> None:
    files = sorted(folder.glob("[0-9]*.py"))
    loaded = [load_python_file(str(folder), file.name) for file in files]
    numbers = [f"{number:04}" for number in range(1, len(files) + 1)]
    assert [file.name[:4] for file in files] == numbers
    assert [module.revision for module in loaded] == numbers
    assert [module.down_revision for module in loaded] == [None, *numbers[:-1]]
