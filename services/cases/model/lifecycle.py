"""Published machines of states, and the steps that things of a case have taken through them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.cases.model.ids import CaseId
from services.cases.model.published import Label


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """One machine: where it starts, the names of its states, and what each action makes of each state."""

    machine: str
    start: str
    states: Mapping[str, Label]
    targets: Mapping[tuple[str, str], str]
    """(state, action) to the state after."""
    actions: Mapping[str, Label]


Lifecycles = Mapping[str, Lifecycle]


@dataclass(frozen=True, slots=True)
class Step:
    """A thing went from a state to another; ``source`` is None where it began."""

    machine: str
    object_id: UUID
    action: str
    source: str | None
    target: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class TakenStep:
    """A step of a case, with who took it when."""

    id: UUID
    case: CaseId
    step: Step
    by: str
    at: datetime
