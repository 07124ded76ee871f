"""Whether the report of an incident makes sense: checked before anything is stored.

``cases`` checks the same once more, with the same codes: what breaks a rule must not be acknowledged.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Protocol

from services.kit import personal_code
from services.kit.calendar import is_future
from services.kit.problem import FieldError

VICTIM: Final = "/victim"
_THREATENING: Final = "/threateningPersons"


class Incident(Protocol):
    """A report that fits the schema, as far as rules speak of it."""

    @property
    def occurred_at(self) -> datetime: ...  # noqa: D102 - a field
    @property
    def victim(self) -> str: ...  # noqa: D102
    @property
    def threatening_persons(self) -> Sequence[str] | None: ...  # noqa: D102


def broken(incident: Incident, now: datetime) -> tuple[FieldError, ...]:
    """Every rule that the report breaks, with JSON pointers; nothing when it breaks none."""
    return tuple(_broken(incident, now))


def _broken(incident: Incident, now: datetime) -> Iterator[FieldError]:
    if is_future(incident.occurred_at, now):
        yield FieldError("/occurredAt", "future", "it has not happened yet")
    seen: set[str] = set()
    for place, code in _people(incident):
        try:
            personal_code.parse(code)
        except personal_code.PersonalCodeError as error:
            yield FieldError(place, error.code, str(error))
        if code in seen:
            yield FieldError(place, "twice", "the person is named twice")
        seen.add(code)


def _people(incident: Incident) -> Iterator[tuple[str, str]]:
    yield VICTIM, incident.victim
    for index, code in enumerate(incident.threatening_persons or ()):
        yield f"{_THREATENING}/{index}", code
