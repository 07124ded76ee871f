"""Published data says where it comes from, in three languages, and stays as it was published."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "services").glob("*/data/**/*.yaml"))
HEAD = ("source", "reason")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT / "services")))
def test_every_file_says_where_it_comes_from_and_why(path: Path) -> None:
    content = yaml.safe_load(path.read_text())
    assert not [name for name in HEAD if not content.get(name)]


def _languages(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "et" in value or "ru" in value:
            yield value
        for inner in value.values():
            yield from _languages(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _languages(inner)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT / "services")))
def test_what_people_read_is_in_three_languages(path: Path) -> None:
    for texts in _languages(yaml.safe_load(path.read_text())):
        assert {"et", "ru", "en"} <= set(texts), texts


def test_published_files_are_never_edited() -> None:
    """`data/PUBLISHED` lists hash and name of what a tagged release published; a correction is a new file."""
    for register in (ROOT / "services").glob("*/data/PUBLISHED"):
        for line in register.read_text().splitlines():
            digest, name = line.split()
            assert hashlib.sha256((register.parent / name).read_bytes()).hexdigest() == digest, name
