"""Published data as things: what ``catalog`` reads and ``rules`` decide by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.cases.model.codes import AgeBand, Decision, EventType, Ground, Role, State

Label = Mapping[str, str]
"""A name in et, ru and en."""


@dataclass(frozen=True, slots=True)
class Region:
    """A regional network, at work from a day until another (exclusive)."""

    code: str
    label: Label
    county: str
    valid_from: date
    valid_to: date | None
    other_names: Sequence[str] = ()
    source: str = ""

    def at_work(self, on: date) -> bool:
        """Whether the network takes referrals of that day."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True)
class AgeBorders:
    """A band of ages: from (inclusive), below (exclusive; None = no end)."""

    band: AgeBand
    start: int
    below: int | None


@dataclass(frozen=True, slots=True)
class Ages:
    """The age of adulthood and the bands."""

    adult_from: int
    bands: Sequence[AgeBorders]


@dataclass(frozen=True, slots=True)
class Transition:
    """An action that a state allows, where it leads, and the event that tells of it."""

    action: str
    source: State
    target: State
    event: EventType | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a referral does not become a case."""

    code: str
    decision: Decision
    label: Label
    to: str | None = None
    """What a redirection for this reason must name: ``region``, ``service``, or nothing."""


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """What a partner is told upon which events: the listed fields, nothing else."""

    kind: str
    events: frozenset[EventType]
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class ChildNoticeRule:
    """Of whom child protection is told, what, why a person may stop it, and what is decided upon it."""

    roles: frozenset[Role]
    fields: frozenset[str]
    stop_reasons: Mapping[str, Label]
    decisions: Mapping[str, Label]


Transitions = Mapping[tuple[State, str], Transition]
Regions = Mapping[str, Region]
Reasons = Mapping[tuple[Decision, str], Reason]


@dataclass(frozen=True, slots=True)
class CallOutRule:
    """From how many call-outs of the police within twelve months on they are a ground for referral."""

    version: str
    ground: Ground
    at_least: int
