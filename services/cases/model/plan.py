"""The action plan of a case: who does what by when, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from services.cases.model.dossiers import Reach
from services.cases.model.ids import CaseId
from services.cases.model.published import Label

MACHINE: Final = "action"


class PlanState(StrEnum):
    """Where an action stands; ``data/lifecycles.yaml`` says how it gets on."""

    PROPOSED = "proposed"
    VOLUNTEERED = "volunteered"
    ASSIGNED = "assigned"
    DONE = "done"
    NOT_DONE = "not-done"
    CLOSED = "closed"
    CANCELLED = "cancelled"


#: Somebody has it to do.
RUNNING: Final = frozenset({PlanState.VOLUNTEERED, PlanState.ASSIGNED})


@dataclass(frozen=True, slots=True)
class PlanRules:
    """Published: reasons by action, and within how many months an action is due."""

    horizon_months: int
    reasons: Mapping[str, Mapping[str, Label]]


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be done, and by what one will see that it helped."""

    what: str = field(repr=False)
    outcome_wanted: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Planned:
    """An action without its words. ``agency`` is asked for it, or has it; ``declined`` said no.

    ``reviews``: at how many meetings it was carried over.
    """

    id: UUID
    case: CaseId
    state: PlanState
    agency: str | None
    member: UUID | None
    due_on: date
    meeting: UUID | None
    declined: tuple[str, ...]
    reason: str | None
    reviews: int
    version: int
    content_version: int
    outcome_version: int | None
    proposed_on: date
    proposed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """An action with its words, and by whose rights it is seen."""

    planned: Planned
    content: Content
    outcome: str | None = field(repr=False)
    reach: Reach


@dataclass(frozen=True, slots=True)
class Proposal:
    """A new action; an agency may be asked for it."""

    content: Content
    due_on: date
    agency: str | None
    meeting: UUID | None


@dataclass(frozen=True, slots=True)
class Amend:
    """Other words, another day."""

    content: Content
    due_on: date


@dataclass(frozen=True, slots=True)
class Volunteer:
    """An agency takes it; ``by_name``: whoever says so has it."""

    agency: str
    by_name: bool


@dataclass(frozen=True, slots=True)
class Assign:
    """The coordinator gives it to an agency."""

    agency: str
    member: UUID | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Decline:
    """An agency does not take it, or gives it back."""

    agency: str
    reason: str


@dataclass(frozen=True, slots=True)
class Complete:
    """It is done, with what came of it."""

    outcome: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fail:
    """It was not done, and why."""

    reason: str
    outcome: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class CarryOver:
    """A meeting looks at it and lets it go on until another day."""

    due_on: date
    meeting: UUID | None


@dataclass(frozen=True, slots=True)
class Close:
    """A meeting looks at it, and it is over."""

    meeting: UUID | None


@dataclass(frozen=True, slots=True)
class Cancel:
    """There is no need for it any more."""

    reason: str


Command: TypeAlias = Amend | Volunteer | Assign | Decline | Complete | Fail | CarryOver | Close | Cancel

COMMANDS: Final[Mapping[type[Command], str]] = {
    Amend: "amend",
    Volunteer: "volunteer",
    Assign: "assign",
    Decline: "decline",
    Complete: "complete",
    Fail: "fail",
    CarryOver: "carry-over",
    Close: "close",
    Cancel: "cancel",
}


@dataclass(frozen=True, slots=True)
class PlanFilters:
    """What a list is asked for; None asks for everything. ``overdue``: running and past its day."""

    case: UUID | None = None
    region: str | None = None
    agency: str | None = None
    state: PlanState | None = None
    mine: bool = False
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an action said until a change replaced it."""

    id: UUID
    version: int
    state: PlanState
    agency: str | None
    member: UUID | None
    due_on: date
    content: Content
    outcome: str | None = field(repr=False)
    replaced_at: datetime
    replaced_by: str
