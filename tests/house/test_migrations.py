"""Migrations of a service are one chain: each number once, none left out, each after the one before."""

import re
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


_KEPT_BY = r"references (?:marac_case|referral|participation) \([a-z_, ]+\)(?! on delete cascade)"


def test_what_hangs_on_a_case_goes_with_it() -> None:
    """Erasure deletes a case and its referral in cascade: a reference to them says `on delete cascade`.

    So do references between tables that hang on a case; tests/cases/store/test_tables.py asks the database.
    """
    files = sorted((ROOT / "services/cases/migrations/versions").glob("[0-9]*.py"))
    after = [file for file in files if file.name > "0053_access_requests.py"]
    wrong = [(file.name, found) for file in after for found in re.findall(_KEPT_BY, file.read_text())]
    assert wrong == []
