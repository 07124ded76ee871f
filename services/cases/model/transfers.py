"""Transfers: a case goes from one network to another, when the other takes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.cases.model.dossiers import NO_BARS, Bars
from services.cases.model.ids import CaseId
from services.cases.model.published import Label

MACHINE: Final = "transfer"
#: What a signed package is, for who reads it.
PACKAGE_TYPE: Final = "marac-transfer+json"
PACKAGE_FORMAT: Final = "turvavork-transfer/1"

Words = Mapping[str, Label]


class TransferState(StrEnum):
    """How a transfer stands; the transitions are in ``lifecycles.yaml``."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Ending:
    """What acceptance makes of things of the old network: an action of their machine, from some states."""

    machine: str
    sources: Sequence[str]
    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class TransferRules:
    """What is published of transfers; ``drops`` are clocks whose duties fall away."""

    case_states: frozenset[str]
    kinds: Words
    reasons: Words
    refusals: Words
    withdrawals: Words
    ends: Sequence[Ending]
    drops: frozenset[str]


@dataclass(frozen=True, slots=True)
class Move:
    """What is known of the move: ``note`` is for the decision, ``address`` for who has taken the case."""

    to: str
    kind: str
    reason: str
    moves_on: date | None
    note: str = field(repr=False)
    address: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Outline:
    """The case as far as a decision needs it: numbers and codes, nobody's name."""

    opened_on: date
    case_state: str
    band: str | None
    grounds: Sequence[str]
    children: int
    open_actions: int
    discussions: int
    agencies: Sequence[str]


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of it: on which day, by whom, for which reason."""

    on: date
    at: datetime
    by: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer; ``bars`` are those of its case."""

    id: UUID
    case: CaseId
    region: str
    move: Move
    state: TransferState
    proposed_on: date
    proposed_at: datetime
    proposed_by: str
    outline: Outline = field(repr=False)
    decided: Decided | None
    version: int
    bars: Bars = NO_BARS

    def resource(self, *regions: str) -> Mapping[str, object]:
        """What the table of access asks: it is its two regions', or the one's that are named."""
        own = frozenset(regions or (self.region, self.move.to))
        return {
            "region": own,
            "agencies": frozenset[str](),
            "state": self.state.value,
            **self.bars.resource(),
        }


@dataclass(frozen=True, slots=True)
class Seen:
    """A transfer as the caller may see it: from whose side, and what of the sealed words."""

    transfer: Transfer
    knows_note: bool
    knows_address: bool
