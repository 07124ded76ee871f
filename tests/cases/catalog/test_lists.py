"""Every word of the data that has names is in a published list."""

from collections.abc import Iterator
from typing import Any

import pytest

from services.cases.catalog import PACKAGE, Catalog
from services.cases.catalog.files import read
from services.kit import datafile

#: Texts, of which no front end shows one for a code.
NO_CODES = {
    ("meetings", "statement"),
    ("safety", "sections"),
    ("holidays", "fixed"),
    ("holidays", "from_easter"),
}


def _labels(value: Any, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    if isinstance(value, dict) and value.keys() == {"et", "ru", "en"}:
        yield at, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _labels(inner, (*at, str(key)))
    elif isinstance(value, list):
        for inner in value:
            yield from _labels(inner, at)


def test_every_name_of_the_data_is_in_a_list(catalog: Catalog) -> None:
    published = [entry.label for one in catalog.lists.values() for entry in one.entries]
    files = {name.removesuffix(".yaml") for name in datafile.names(PACKAGE)}
    for file in files - {"access", "lifecycles", "notifications", "papers"}:
        for at, label in _labels(read(file), (file,)):
            assert at[:2] in NO_CODES or label in published, at


@pytest.mark.parametrize(
    ("name", "code", "facts"),
    [
        ("reasons", "solved-without-network", {"decision": "decline"}),
        ("codes.role", "victim", {}),
        ("meetings.reasons.cancel", "no-cases", {}),
        ("offices", "coordinator", {"heldIn": "region"}),
    ],
)
def test_a_list_is_named_after_its_place(catalog: Catalog, name: str, code: str, facts: Any) -> None:
    found = catalog.lists[name]
    assert (found.name, found.entries[0].code, dict(found.entries[0].facts)) == (name, code, facts)
    assert found.entries[0].label.keys() == {"et", "ru", "en"}
