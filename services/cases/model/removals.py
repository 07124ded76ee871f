"""KKS: the threatening person is kept away by a measure, and meanwhile the victim is reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.cases.model.clocks import Confidence
from services.cases.model.ids import CaseId, PersonId, ReferralId
from services.cases.model.published import Label

MACHINE: Final = "removal"


class RemovalState(StrEnum):
    """Where a measure stands; ``data/lifecycles.yaml`` says how it gets on."""

    IN_FORCE = "in-force"
    ENDED = "ended"


class Span(StrEnum):
    """What the longest term of a measure is counted in."""

    HOURS = "hours"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Measure:
    """A published measure; ``most`` is the longest that it may last, None where that is not checked."""

    code: str
    label: Label
    most: tuple[Span, int] | None
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class RemovalRules:
    """Measures, who calls the victim, which outcome of a call settles it, and why a measure ends."""

    caller: str
    measures: Mapping[str, Measure]
    outcomes: Mapping[str, Label]
    settling: frozenset[str]
    endings: Mapping[str, Label]


@dataclass(frozen=True, slots=True, repr=False)
class RemovalWords:
    """What is told of a measure in words; sealed."""

    reference: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class NewRemoval:
    """A measure as somebody tells it; ``referral`` is where it was told, if it was told there."""

    person: PersonId
    measure: str
    ordered_at: datetime
    ends_at: datetime | None
    referral: ReferralId | None
    words: RemovalWords = field(repr=False)


@dataclass(frozen=True, slots=True)
class Removal:
    """A measure, without its words."""

    id: UUID
    case: CaseId
    person: PersonId
    measure: str
    ordered_at: datetime
    ends_at: datetime | None
    referral: ReferralId | None
    state: RemovalState
    ended_on: date | None
    reason: str | None
    extended: int
    version: int
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class VictimContact:
    """Somebody called the victim after a measure began, or tried to."""

    id: UUID
    contacted_at: datetime
    outcome: str
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class OfferedWork:
    """What the threatening person was offered meanwhile: a service by need, and where it stands."""

    offer: UUID
    service: str
    state: str


@dataclass(frozen=True, slots=True)
class WholeRemoval:
    """A measure with its words, the calls to the victim, and the work with the threatening person."""

    removal: Removal
    words: RemovalWords = field(repr=False)
    contacts: Sequence[VictimContact] = ()
    work: Sequence[OfferedWork] = ()
