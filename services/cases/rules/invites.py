"""Meetings as an iCalendar file (RFC 5545): when and where, of whom and of what nothing."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from icalendar import Calendar, Event

from services.cases.model.meetings import Meeting, MeetingState
from services.cases.rules.meetings import begins_at
from services.kit.paper.blocks import line

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"


def calendar(meetings: Iterable[Meeting], names: Mapping[str, str], now: datetime) -> bytes:
    """The file; ``names`` are what each kind of meeting is called."""
    file = Calendar()
    _tell(file, version="2.0", prodid="-//turvavork//meetings//EN", method="PUBLISH")
    for meeting in meetings:
        file.add_component(_event(meeting, names[meeting.kind.value], now))
    written: bytes = file.to_ical(sorted=False)
    return written


def _event(meeting: Meeting, name: str, now: datetime) -> Event:
    begins = begins_at(meeting.meets_on, meeting.room).astimezone(UTC)
    event = Event()
    _tell(
        event,
        uid=f"{meeting.id}@turvavork",
        sequence=meeting.version - 1,
        dtstamp=now.astimezone(UTC),
        dtstart=begins,
        dtend=begins + timedelta(minutes=meeting.room.minutes),
        summary=line(name),
        location=line(meeting.room.place),  # on one line, without what is no text
        status="CANCELLED" if meeting.state is MeetingState.CANCELLED else "CONFIRMED",
        **{"class": "PRIVATE"},
    )
    return event


def _tell(component: Calendar | Event, **properties: str | int | datetime) -> None:
    for name, value in properties.items():
        component.add(name, value)
