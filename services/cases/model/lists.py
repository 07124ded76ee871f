"""Published code lists: the words of the house with the names that people read."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.cases.model.published import Label

Fact = str | int | bool


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """A code with its name; ``facts`` are what else its file says of it in single words."""

    code: str
    label: Label
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class CodeList:
    """A list of codes; its name is where it stands: file and place, as ``meetings.reasons.cancel``."""

    name: str
    version: str
    source: str
    entries: tuple[CodeEntry, ...]


CodeLists = Mapping[str, CodeList]
