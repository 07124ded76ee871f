"""May this contact, or this report, be kept?"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from services.cases.model.contacts import Report, ReportState, ToldContact
from services.cases.model.problems import TransitionRefused
from services.cases.model.support import Assignment, SupportRule
from services.kit.problem import FieldError, Malformed

ACTIVE = "active"
#: Outcomes without a conversation may take no time at all.
_WORDS = (
    ("channel", "contact_channels"),
    ("kind", "contact_kinds"),
    ("outcome", "contact_outcomes"),
)


def check(rule: SupportRule, told: ToldContact, today: date) -> None:
    """Raises Malformed with every broken rule."""
    errors = []
    for name, words in _WORDS:
        published = getattr(rule, words)
        if getattr(told, name) not in published:
            errors.append(FieldError(f"/{name}", "unknown", f"one of: {', '.join(published)}"))
    if told.happened_on > today:
        errors.append(FieldError("/happenedOn", "future", "the day has not come yet"))
    if errors:
        raise Malformed(errors=errors)


def of_day(assignments: Iterable[Assignment], day: date, *, own: bool) -> Assignment:
    """By which assignment somebody stood by the victim on a day; ``own``: who asks does so by the active one.

    Raises Malformed when nobody did, or somebody else than who asks.
    """
    for each in sorted(assignments, key=lambda one: one.started_on, reverse=True):
        if each.started_on <= day and (each.ended_on is None or day <= each.ended_on):
            if own and each.state != ACTIVE:
                break
            return each
    said = "on that day nobody stood by the victim, or somebody else did"
    raise Malformed(errors=[FieldError("/happenedOn", "outside-assignment", said)])


def period(assignment: Assignment, earlier: Sequence[Report], until: date, today: date) -> tuple[date, date]:
    """The days that a report is about: from the day after the last one's, or the first of the assignment.

    Raises TransitionRefused while another waits, Malformed for days that cannot be.
    """
    mine = [each for each in earlier if each.assignment == assignment.id]
    if any(each.state is not ReportState.ACCEPTED for each in mine):
        said = "an earlier report waits to be accepted, or was returned"
        raise TransitionRefused(errors=[FieldError("", "report-waits", said)])
    since = max((each.until + timedelta(days=1) for each in mine), default=assignment.started_on)
    check_until(since, until, assignment.ended_on, today)
    return since, until


def check_until(since: date, until: date, ended_on: date | None, today: date) -> None:
    """Raises Malformed for a last day before the first, after the assignment, or still to come."""
    if until < since:
        raise Malformed(errors=[FieldError("/until", "before-start", "not before the period begins")])
    if until > min(today, ended_on or today):
        raise Malformed(
            errors=[FieldError("/until", "future", "the day has not come, or it was over before")]
        )
