"""Sessions of people with us: each begins with a login and ends by itself, by the member or by the issuer."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class SessionEnd(StrEnum):
    """Who ended a session before its time."""

    LOGOUT = "logout"
    BACK_CHANNEL = "back-channel"


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """What a login says, in our words: ``issuer_session`` and ``login`` are keyed or hashed names."""

    subject: str = field(repr=False)
    issuer_session: bytes | None = field(repr=False)
    login: bytes = field(repr=False)
    issued_at: datetime
    authenticated_at: datetime
    acr: str


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session: no token of it is good after ``ends_at``, nor once it has ended."""

    id: UUID
    login: bytes = field(repr=False)
    login_at: datetime
    opened_at: datetime
    authenticated_at: datetime
    acr: str
    ends_at: datetime
    ended_at: datetime | None
    end: SessionEnd | None

    def is_open(self, now: datetime) -> bool:
        """Whether tokens of it are good."""
        return self.ended_at is None and now < self.ends_at
