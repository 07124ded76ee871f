"""What a referral is to a rule: the parts of it that rules speak of, whoever has read them."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """A person's part in a referral."""

    VICTIM = "victim"
    THREATENING_PERSON = "threatening-person"
    CHILD = "child"
    OTHER = "other"


class Ground(StrEnum):
    """Why a victim is referred (SafeLives referral criteria)."""

    VISIBLE_HIGH_RISK = "visible-high-risk"
    PROFESSIONAL_JUDGEMENT = "professional-judgement"
    POTENTIAL_ESCALATION = "potential-escalation"
    REPEAT = "repeat"


class Person(Protocol):
    """One person of a referral."""

    @property
    def role(self) -> Role: ...  # noqa: D102 - a field
    @property
    def relation_to_victim(self) -> str | None: ...  # noqa: D102
    @property
    def personal_code(self) -> str | None: ...  # noqa: D102
    @property
    def birth_date(self) -> date | None: ...  # noqa: D102


class Event(Protocol):
    """What happened."""

    @property
    def occurred_at(self) -> datetime: ...  # noqa: D102


class Assessment(Protocol):
    """The answers to an instrument, and when they were given."""

    @property
    def completed_on(self) -> date: ...  # noqa: D102


class Referral(Protocol):
    """A referral that fits the schema."""

    @property
    def referred_on(self) -> date: ...  # noqa: D102
    @property
    def region(self) -> str: ...  # noqa: D102
    @property
    def event(self) -> Event: ...  # noqa: D102
    @property
    def persons(self) -> Sequence[Person]: ...  # noqa: D102
    @property
    def assessment(self) -> Assessment | None: ...  # noqa: D102
    @property
    def grounds(self) -> Sequence[Ground]: ...  # noqa: D102
    @property
    def judgement_reason(self) -> str | None: ...  # noqa: D102
