"""Meetings as an iCalendar file (RFC 5545): when and where, of whom and of what nothing."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from services.cases.model.meetings import Meeting, MeetingState
from services.cases.rules.meetings import begins_at

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
_OCTETS: Final = 75  # of a line, RFC 5545 § 3.1
_ESCAPES: Final = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}


def calendar(meetings: Iterable[Meeting], names: Mapping[str, str], now: datetime) -> bytes:
    """The file; ``names`` are what each kind of meeting is called."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//turvavork//meetings//EN", "METHOD:PUBLISH"]
    for meeting in meetings:
        lines += _event(meeting, names[meeting.kind.value], now)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _event(meeting: Meeting, name: str, now: datetime) -> list[str]:
    begins = begins_at(meeting.meets_on, meeting.room)
    ends = begins.astimezone(UTC) + timedelta(minutes=meeting.room.minutes)
    status = "CANCELLED" if meeting.state is MeetingState.CANCELLED else "CONFIRMED"
    return [
        "BEGIN:VEVENT",
        f"UID:{meeting.id}@turvavork",
        f"SEQUENCE:{meeting.version - 1}",
        f"DTSTAMP:{_utc(now)}",
        f"DTSTART:{_utc(begins)}",
        f"DTEND:{_utc(ends)}",
        f"SUMMARY:{_text(name)}",
        f"LOCATION:{_text(meeting.room.place)}",
        f"STATUS:{status}",
        "CLASS:PRIVATE",
        "END:VEVENT",
    ]


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """Escaped; a control character, which could begin a line of its own, becomes a space."""
    clean = (each if each >= " " or each == "\n" else " " for each in text.replace("\r\n", "\n"))
    return "".join(_ESCAPES.get(each, each) for each in clean)


def _folded(line: str) -> Iterator[str]:
    """Lines of at the most 75 octets; no character is cut in two."""
    part, room = "", _OCTETS
    for each in line:
        size = len(each.encode())
        if size > room:
            yield part
            part, room = " ", _OCTETS - 1
        part, room = part + each, room - size
    yield part
