"""Meetings as a calendar: what other programs read, and nothing about anybody."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from uuid import UUID

from services.cases.model.meetings import Meeting, MeetingKind, MeetingState, Room
from services.cases.rules.invites import calendar

NOW = datetime(2017, 5, 4, 12, tzinfo=UTC)
NAMES = {"regular": "Võrgustikukoosolek", "extra": "Lisakoosolek", "emergency": "Erakorraline"}
MEETING = Meeting(
    id=UUID("0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"),
    region="polva",
    series=None,
    kind=MeetingKind.EXTRA,
    state=MeetingState.PLANNED,
    planned_on=date(2017, 7, 5),
    meets_on=date(2017, 7, 5),
    room=Room(time(13), 90, 30, "Põlva, ruum 12; teine korrus"),
    agenda_closes_on=date(2017, 6, 20),
    research_due_on=date(2017, 6, 25),
    reason=None,
    version=3,
)


def _lines(content: bytes) -> list[str]:
    """Unfolded, as a reader does it."""
    assert content.endswith(b"\r\n")
    return content.decode().replace("\r\n ", "").split("\r\n")[:-1]


def test_a_meeting_is_an_event_in_universal_time() -> None:
    lines = _lines(calendar([MEETING], NAMES, NOW))
    assert lines == [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//turvavork//meetings//EN", "METHOD:PUBLISH",
        "BEGIN:VEVENT", "UID:0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11@turvavork", "SEQUENCE:2",
        "DTSTAMP:20170504T120000Z", "DTSTART:20170705T100000Z", "DTEND:20170705T113000Z",
        "SUMMARY:Lisakoosolek", "LOCATION:Põlva\\, ruum 12\\; teine korrus", "STATUS:CONFIRMED",
        "CLASS:PRIVATE", "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip


def test_a_cancelled_meeting_is_told_as_that() -> None:
    cancelled = replace(MEETING, state=MeetingState.CANCELLED, reason="other")
    assert "STATUS:CANCELLED" in _lines(calendar([cancelled], NAMES, NOW))


def test_long_lines_are_folded_between_characters_and_read_as_one() -> None:
    place = "Õ" * 200
    content = calendar([replace(MEETING, room=replace(MEETING.room, place=place))], NAMES, NOW)
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    assert f"LOCATION:{place}" in _lines(content)


def test_a_place_cannot_begin_a_line_of_its_own() -> None:
    place = "Põlva\r\nATTENDEE:mailto:x@example.ee\rX:1"
    lines = _lines(calendar([replace(MEETING, room=replace(MEETING.room, place=place))], NAMES, NOW))
    assert not [line for line in lines if line.startswith(("ATTENDEE", "X:"))]


def test_no_meeting_is_an_empty_calendar() -> None:
    assert _lines(calendar([], NAMES, NOW))[-1] == "END:VCALENDAR"
