"""Notifications: that something waits, told to a member by e-mail, without content."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.cases.model.published import Label


class Language(StrEnum):
    """In which a member is written to."""

    ET = "et"
    RU = "ru"
    EN = "en"


@dataclass(frozen=True, slots=True)
class NotificationRules:
    """Published: from which hours, how long between tries, and the words."""

    hours: tuple[int, ...]
    retry_minutes: tuple[int, ...]
    subject: Label
    body: Label


@dataclass(frozen=True, slots=True)
class Address:
    """Where a member is written to; None where the member is not."""

    email: str | None = field(repr=False)
    language: Language


NOWHERE: Final = Address(None, Language.ET)


@dataclass(frozen=True, slots=True)
class Slot:
    """A day in Estonia and the hour from which a message may go out."""

    day: date
    hour: int


@dataclass(frozen=True, slots=True)
class Reader:
    """A member with an address whom nobody has looked at in a slot; when and on which day last, if ever."""

    member: UUID
    subject: str = field(repr=False)
    last_at: datetime | None
    last_day: date | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for a member, and how much of it is new since the last look."""

    count: int
    fresh: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that is due: to whom, in which language, how many things wait; ``tries`` counts this one."""

    id: UUID
    address: Address
    count: int
    tries: int
