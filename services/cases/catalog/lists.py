"""Every code list of ``data/``, found where it stands: a new list is published by being written.

A list is a mapping of codes to names, or a sequence (or mapping) of things that each have a code and a
``label``. Its name is the file and the keys that lead to it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic.alias_generators import to_camel

from services.cases.catalog.files import PACKAGE, read
from services.cases.model.lists import CodeEntry, CodeList, CodeLists, Fact
from services.kit import datafile

LANGUAGES: Final = {"et", "ru", "en"}
#: Texts, not lists; what has a resource of its own; and what holds no names.
_NOT_LISTS: Final = frozenset({"access", "lifecycles", "notifications"})
#: What sets a thing of a sequence apart, the first that it has.
_CODES: Final = ("code", "id", "role", "kind", "event")
_LABEL: Final = "label"
#: Texts that stand beside each other are no list; they are parts of one thing.
_TEXTS: Final = frozenset({"text", "heading", "hint", "subject", "body", _LABEL})
#: A key that says no more than the name of its file is left out, as is this one.
_LISTS: Final = "lists"


def lists() -> CodeLists:
    """Every list by its name; raises DataFileError where two have one name."""
    found: dict[str, CodeList] = {}
    for file in datafile.names(PACKAGE):
        name = file.removesuffix(".yaml")
        if name in _NOT_LISTS:
            continue
        content = read(name)
        for path, entries in _lists(content, (name,)):
            full = _name(path)
            if full in found:
                raise datafile.DataFileError(f"services/cases/data/{file}: {full} is there twice")
            found[full] = CodeList(full, str(content["version"]), str(content["source"]), entries)
    return dict(sorted(found.items()))


def _name(path: tuple[str, ...]) -> str:
    """The name of the list at a place: ``reasons`` for the reasons of ``reasons.yaml``."""
    file, first, *rest = (*path, "")
    parts = [file, *([] if first in {file, _LISTS, ""} else [first]), *(part for part in rest if part)]
    return ".".join(part.replace("_", "-") for part in parts)


def _lists(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], tuple[CodeEntry, ...]]]:  # noqa: ANN401 - published data
    """Every list within a value, with the keys that lead to it."""
    entries = _entries(value)
    if entries:
        yield path, entries
    for key, inner in _within(value):
        yield from _lists(inner, (*path, key))


def _entries(value: Any) -> tuple[CodeEntry, ...]:  # noqa: ANN401 - published data
    """The entries, if the value is a list of codes; else nothing."""
    rows = list(_within(value))
    if not rows or len({code for code, _ in rows}) != len(rows):
        return ()
    if all(_is_label(row) for _, row in rows):
        is_text = isinstance(value, Mapping) and value.keys() <= _TEXTS
        return () if is_text else tuple(CodeEntry(code, row, {}) for code, row in rows)
    if all(isinstance(row, Mapping) and _is_label(row.get(_LABEL)) for _, row in rows):
        return tuple(CodeEntry(code, row[_LABEL], _facts(row, code)) for code, row in rows)
    return ()


def _within(value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - published data
    """What a value holds, by key or by the code of each thing."""
    if isinstance(value, Mapping):
        yield from ((str(key), inner) for key, inner in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            code = next((inner[name] for name in _CODES if name in inner), None) if _is_map(inner) else None
            if isinstance(code, str):
                yield code, inner


def _facts(row: Mapping[str, Any], code: str) -> dict[str, Fact]:
    return {
        to_camel(name): fact
        for name, fact in row.items()
        if isinstance(fact, str | int) and fact != code and name not in {"source", "reason", "note"}
    }


def _is_label(value: Any) -> bool:  # noqa: ANN401 - published data
    return isinstance(value, Mapping) and value.keys() == LANGUAGES


def _is_map(value: Any) -> bool:  # noqa: ANN401 - published data
    return isinstance(value, Mapping)
