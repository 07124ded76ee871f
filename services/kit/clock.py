"""The only place where the present time comes from."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """The present instant: aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant: aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the edge that the rule speaks of


class FixedClock:
    """A clock that stands still until it is moved: for tests and for replaying samples."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The instant at which the clock stands: aware, in UTC."""
        return self._at

    def advance(self, by: timedelta) -> None:
        """Moves the clock by a duration, also back."""
        self._at += by
