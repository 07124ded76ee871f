"""When a network meets, by when its agenda closes, and how many cases fit."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from services.cases.model.clocks import Clocks
from services.cases.model.meetings import MeetingKind, MeetingRules, Room, SeriesFacts
from services.cases.rules.clocks import term
from services.kit.calendar import TALLINN, add_months
from services.kit.problem import FieldError, Malformed

POSTPONE: Final = "postpone"
CLOSING: Final = "agenda-closing"
RESEARCH: Final = "research"


def check_series(facts: SeriesFacts, rules: MeetingRules) -> None:
    """Raises Malformed when a series is not as the published data allow."""
    errors = [*_room(facts.room, rules)]
    if not rules.weeks_least <= facts.every_weeks <= rules.weeks_most:
        errors.append(_span("/everyWeeks", rules.weeks_least, rules.weeks_most))
    if facts.ends_on is not None and facts.ends_on <= facts.starts_on:
        errors.append(FieldError("/endsOn", "too-early", "a series ends after the day on which it starts"))
    if errors:
        raise Malformed(errors=errors)


def check_meeting(meets_on: date, room: Room, today: date, rules: MeetingRules) -> None:
    """Raises Malformed when a meeting is called for the past, for too far ahead, or does not fit the data."""
    errors = [*_room(room, rules), *_day(meets_on, today, rules)]
    if errors:
        raise Malformed(errors=errors)


def check_day(meets_on: date, today: date, rules: MeetingRules) -> None:
    """Raises Malformed when a meeting is put off to the past, or to too far ahead."""
    if errors := [*_day(meets_on, today, rules)]:
        raise Malformed(errors=errors)


def _day(meets_on: date, today: date, rules: MeetingRules) -> Iterator[FieldError]:
    if meets_on < today:
        yield FieldError("/meetsOn", "in-the-past", "a meeting is today or later")
    elif meets_on >= add_months(today, rules.ahead_months):
        reason = f"a meeting is within the next {rules.ahead_months} months"
        yield FieldError("/meetsOn", "too-late", reason)


def _room(room: Room, rules: MeetingRules) -> Iterator[FieldError]:
    if not rules.case_minutes_least <= room.minutes_per_case <= rules.case_minutes_most:
        yield _span("/minutesPerCase", rules.case_minutes_least, rules.case_minutes_most)
    if not room.minutes_per_case <= room.minutes <= rules.longest:
        reason = f"a meeting has time for one case, and ends within {rules.longest} minutes"
        yield FieldError("/minutes", "out-of-range", reason)


def _span(pointer: str, least: int, most: int) -> FieldError:
    return FieldError(pointer, "out-of-range", f"from {least} to {most}")


def days_of(facts: SeriesFacts, since: date, until: date) -> list[date]:
    """The days of a series from one day to another (inclusive)."""
    step = timedelta(weeks=facts.every_weeks)
    gone = max(0, -((facts.starts_on - since) // step))  # whole steps until the first day that is not earlier
    day, days = facts.starts_on + gone * step, []
    while day <= until and (facts.ends_on is None or day < facts.ends_on):
        days.append(day)
        day += step
    return days


def deadlines(meets_on: date, called_on: date, kind: MeetingKind, clocks: Clocks) -> tuple[date, date]:
    """By when (inclusive) cases are put on the agenda, and agencies tell what they know.

    An emergency meeting takes both until it begins; and no day is before that on which the meeting was
    called: what was due yesterday nobody can do.
    """
    if kind is MeetingKind.EMERGENCY:
        return meets_on, meets_on
    closes, due = (
        term(clocks.rules[code], meets_on, called_on, clocks).due_on for code in (CLOSING, RESEARCH)
    )
    return closes, due


def capacity(minutes: int, minutes_per_case: int) -> int:
    """How many cases of the usual length fit."""
    return minutes // minutes_per_case


def begins_at(meets_on: date, room: Room) -> datetime:
    """The instant at which a meeting begins, in Estonia's time."""
    return datetime.combine(meets_on, room.starts_at, TALLINN)


def check_move(action: str, *, reason: str | None, meets_on: date | None, rules: MeetingRules) -> None:
    """Raises Malformed when an action does not say what it must, or says more."""
    errors = []
    reasons = rules.reasons.get(action)
    if reasons is None and reason is not None:
        errors.append(FieldError("/reason", "not-for-this", "this needs no reason"))
    elif reasons is not None and reason is None:
        errors.append(FieldError("/reason", "required", "this needs a reason"))
    elif reasons is not None and reason not in reasons:
        errors.append(FieldError("/reason", "unknown", "there is no such reason for this"))
    if (action == POSTPONE) != (meets_on is not None):
        code, text = (
            ("required", "say when instead") if meets_on is None else ("not-for-this", "the day stays")
        )
        errors.append(FieldError("/meetsOn", code, text))
    if errors:
        raise Malformed(errors=errors)
