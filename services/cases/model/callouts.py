"""Call-outs of the police about people in a referral: what is asked, what was answered, what followed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.cases.model.codes import CallOutState
from services.cases.model.ids import ParticipationId


@dataclass(frozen=True, slots=True)
class Window:
    """The days that count; ``until`` is the first day after."""

    since: date
    until: date


@dataclass(frozen=True, slots=True, repr=False)
class Pair:
    """A victim and a threatening person in the same referral, by their parts and personal codes."""

    victim: ParticipationId
    threatening: ParticipationId
    victim_code: str
    threatening_code: str


@dataclass(frozen=True, slots=True, repr=False)
class Answered:
    """The days of the call-outs about one pair, and the register that told them."""

    victim: ParticipationId
    threatening: ParticipationId
    source: str
    days: Sequence[date]


@dataclass(frozen=True, slots=True, repr=False)
class CallOuts:
    """What is known of the call-outs about the people in a referral.

    ``answers`` are there when the state is *known*, and so is ``rule``, the version of the published rule.
    """

    state: CallOutState
    tries: int
    settled_at: datetime | None
    rule: str | None
    window: Window | None
    answers: Sequence[Answered]
