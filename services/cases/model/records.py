"""What is known of people within a case: entries of listed categories, and the list itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.cases.model.codes import Role
from services.cases.model.ids import CaseId, PersonId
from services.cases.model.published import Label

CONTACT = "contact"
Value = Mapping[str, str | bool | date]
"""The fields of an entry by their public names."""


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of data that the law lists, for some roles; ``field_class`` says who may read it."""

    code: str
    label: Label
    law: str
    field_class: str
    roles: frozenset[Role]
    required: frozenset[str]
    optional: frozenset[str]
    kinds: Mapping[str, Label]
    confidence: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """The closed list, and the words that go with entries."""

    version: str
    categories: Mapping[str, Category]
    confidences: Mapping[str, Label]
    sources: Mapping[str, Label]
    retractions: Mapping[str, Label]
    removals: Mapping[str, Label]

    def readable(self, classes: frozenset[str]) -> Sequence[str]:
        """The categories whose values somebody who may see these classes of fields may see."""
        return sorted(one.code for one in self.categories.values() if one.field_class in classes)


@dataclass(frozen=True, slots=True)
class Only:
    """Which entries of a case are asked for; None: all."""

    person: UUID | None
    category: str | None


@dataclass(frozen=True, slots=True)
class About:
    """Of whom something is told, in which role, of which category."""

    person: PersonId
    role: Role
    category: str


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """What somebody tells of a person, and how they know; ``value`` is sealed when it is kept."""

    source: str
    confidence: str | None
    valid_from: date | None
    valid_to: date | None
    protected: bool
    value: Value


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """A version of something told; the last version holds, unless it is retracted (then without a value)."""

    id: UUID
    version: int
    case: CaseId
    person: PersonId
    role: Role
    category: str
    told: Told
    recorded_at: datetime
    recorded_by: str
    retracted: str | None
    replaced_at: datetime | None
