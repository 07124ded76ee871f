"""What is published of the documents of a meeting, and whose copy one is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.cases.model.published import Label


class Kind(StrEnum):
    """Which document of a meeting."""

    PACK = "pack"
    MINUTES = "minutes"


class Section(StrEnum):
    """What is told of a case."""

    PEOPLE = "people"
    RETURNS = "returns"
    CONFLICTS = "conflicts"
    WISHES = "wishes"
    FACTS = "facts"
    RISKS = "risks"
    DECISIONS = "decisions"
    ACTIONS = "actions"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class PaperRule:
    """One kind of document."""

    title: Label
    notice: Label
    none: Label
    sections: Sequence[Section]


@dataclass(frozen=True, slots=True)
class PaperRules:
    """All kinds, and the words in them: ``lists`` name codes, ``words`` what stands before them."""

    mark: Label
    page: Label
    kinds: Mapping[Kind, PaperRule]
    lists: Mapping[str, Mapping[str, Label]]
    words: Mapping[str, Label]


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose copy it is: an office; ``copy`` tells copies of one document apart, by the audit log's handle."""

    role: str | None
    agency: str | None
    region: str | None
    copy: str
