"""Which cases come on which agenda, and until when."""

from collections.abc import Iterable, Mapping
from datetime import date

from services.cases.model.agenda import AgendaItem, ItemState, Load
from services.cases.model.meetings import Meeting, MeetingRules, MeetingState
from services.cases.model.problems import AgendaClosed
from services.cases.model.published import Label
from services.kit.problem import FieldError, Malformed

LATE = "late"
TAKE_OFF = "take-off"


def check_open(meeting: Meeting, today: date, late_reason: str | None, rules: MeetingRules) -> None:
    """Raises AgendaClosed when a meeting takes no case, or only one with a reason; Malformed for no such.

    Past its day an agenda is closed to all; a meeting that is held or cancelled takes nothing.
    """
    check_reason("/lateReason", late_reason, rules.reasons[LATE])
    over = meeting.state not in {MeetingState.PLANNED, MeetingState.AGENDA_CLOSED} or meeting.meets_on < today
    late = meeting.state is MeetingState.AGENDA_CLOSED or meeting.agenda_closes_on < today
    if over or (late and late_reason is None):
        raise AgendaClosed


def check_minutes(minutes: int | None, rules: MeetingRules) -> None:
    """Raises Malformed when a case gets less or more time than the published bounds."""
    if minutes is not None and not rules.case_minutes_least <= minutes <= rules.case_minutes_most:
        reason = f"from {rules.case_minutes_least} to {rules.case_minutes_most}"
        raise Malformed(errors=[FieldError("/minutes", "out-of-range", reason)])


def check_reason(pointer: str, reason: str | None, known: Mapping[str, Label]) -> None:
    """Raises Malformed for a reason that is not published; none is none."""
    if reason is not None and reason not in known:
        raise Malformed(errors=[FieldError(pointer, "unknown", "there is no such reason for this")])


def load(items: Iterable[AgendaItem], available: int) -> Load:
    """How full a meeting is by what is on its agenda."""
    there = [item.minutes for item in items if item.state is not ItemState.TAKEN_OFF]
    return Load(len(there), sum(there), available)
