"""How people in a case stand to each other: dyads with a direction, a source and a state of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.cases.model.codes import Role
from services.cases.model.ids import CaseId, PersonId
from services.cases.model.published import Label

MACHINE = "relation"


class Change(StrEnum):
    """What can become of a dyad."""

    CONFIRM = "confirm"
    REFUTE = "refute"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class RelationType:
    """A kind of dyad, and in which roles people may stand at either end."""

    code: str
    label: Label
    sources: frozenset[Role]
    targets: frozenset[Role]


@dataclass(frozen=True, slots=True)
class RelationRules:
    """The published kinds, and why a dyad may be refuted or removed."""

    version: str
    types: Mapping[str, RelationType]
    reasons: Mapping[str, Label]


@dataclass(frozen=True, slots=True)
class End:
    """Somebody at one end of a dyad, in their role in the case."""

    person: PersonId
    role: Role


@dataclass(frozen=True, slots=True, repr=False)
class Dyad:
    """What is told: who to whom, of what kind, from when to when (exclusive), and by whom it is told."""

    type: str
    source: End
    target: End
    told_by: str
    valid_from: date | None
    valid_to: date | None
    note: str | None


@dataclass(frozen=True, slots=True, repr=False)
class KeptDyad:
    """A dyad of a case."""

    id: UUID
    case: CaseId
    dyad: Dyad
    state: str
    reason: str | None
    recorded_at: datetime
    recorded_by: str
    version: int
