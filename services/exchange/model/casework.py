"""What the systems of agencies do in the case work: answers to questions, and actions of plans."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

#: For which it is done; the case register asks for the same word.
PURPOSE: Final = "case-work"


class Known(StrEnum):
    """What an agency answers."""

    RELEVANT = "relevant"
    NOTHING_KNOWN = "nothing-known"


class Result(StrEnum):
    """What became of an action."""

    DONE = "done"
    NOT_DONE = "not-done"


class ActionState(StrEnum):
    """Where an action stands, in the words of the case register."""

    PROPOSED = "proposed"
    VOLUNTEERED = "volunteered"
    ASSIGNED = "assigned"
    DONE = "done"
    NOT_DONE = "not-done"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ResearchAnswer:
    """What an agency knows, in answer to a question; ``version`` is that of the question as it knows it."""

    request: UUID
    version: int
    known: Known
    text: str | None = field(repr=False)
    relevant: bool
    necessary: bool
    proportionate: bool


@dataclass(frozen=True, slots=True)
class ActionReport:
    """What became of an action; ``version`` is that of the action as the agency knows it."""

    action: UUID
    version: int
    result: Result
    reason: str | None
    outcome: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ActionQuestion:
    """Which of the agency's actions are asked for: those in a state, from a cursor on."""

    state: ActionState | None
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Settled:
    """How a question or an action stands after what was told."""

    id: UUID
    state: str
    version: int


@dataclass(frozen=True, slots=True)
class AgencyAction:
    """An action of the agency's; its words are None where the agency's system has no right to them."""

    id: UUID
    version: int
    state: ActionState
    due_on: date
    what: str | None = field(repr=False)
    outcome_wanted: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ActionList:
    """A page of actions, and the cursor of the next one."""

    items: Sequence[AgencyAction]
    next: str | None
