"""When a closed case is looked at again, and when its monitoring may end."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from uuid import UUID

from services.cases.model.clocks import Clocks
from services.cases.model.monitoring import Checkpoint, Evaluation, Finding, MonitoringRule, Period, Words
from services.cases.model.problems import TransitionRefused
from services.cases.rules.clocks import term
from services.kit.calendar import add_months
from services.kit.problem import FieldError, Malformed


def planned(
    rule: MonitoringRule, clocks: Clocks, closed_on: date, recorded_on: date
) -> Sequence[tuple[str, date]]:
    """The checkpoints of a case that was closed on a day, and when each is due."""
    return [
        (code, term(clocks.rules[code], closed_on, recorded_on, clocks).due_on) for code in rule.checkpoints
    ]


def until(rule: MonitoringRule, closed_on: date) -> date:
    """The day from which on the case is no longer monitored."""
    return add_months(closed_on, rule.period_months)


def check_day(pointer: str, day: date, *, first: date, today: date) -> None:
    """Raises Malformed for a day before the case could know of it, or after today."""
    if day < first:
        raise Malformed(errors=[FieldError(pointer, "too-early", f"not before {first.isoformat()}")])
    if day > today:
        raise Malformed(errors=[FieldError(pointer, "future", "the day has not come yet")])


def check_word(pointer: str, code: str | None, words: Words) -> None:
    """Raises Malformed for a code that is not published."""
    if code not in words:
        raise Malformed(errors=[FieldError(pointer, "unknown", f"one of: {', '.join(words)}")])


def check_finding(rule: MonitoringRule, finding: Finding, period: Period, today: date) -> None:
    """Raises Malformed when a finding does not say what it must."""
    check_day("/heldOn", finding.held_on, first=period.closed_on, today=today)
    check_word("/situation", finding.situation, rule.situations)


def check_end(
    rule: MonitoringRule, period: Period, checkpoints: Sequence[Checkpoint], reason: str | None, today: date
) -> Sequence[UUID]:
    """The checkpoints that fall away when monitoring ends today.

    Before the year is over it takes a published reason; after it every checkpoint must have been held or
    skipped, and there is nothing to give a reason for. Raises Malformed for a reason that does not fit,
    TransitionRefused while checkpoints are due.
    """
    due = [each.id for each in checkpoints if each.state == "due"]
    if today < period.until:
        check_word("/reason", reason, rule.early_end_reasons)
        return due
    if reason is not None:
        raise Malformed(
            errors=[FieldError("/reason", "not-after-the-year", "the year is over: leave it out")]
        )
    if due:
        said = f"{len(due)} checkpoints are neither held nor skipped"
        raise TransitionRefused(errors=[FieldError("", "checkpoints-due", said)])
    return due


def check_evaluation(rule: MonitoringRule, goals: Mapping[str, str], victims_view: str) -> None:
    """Raises Malformed when a goal is missing, unknown, or without a published outcome."""
    errors = [*_goal_errors(rule, goals)]
    if victims_view not in rule.views:
        errors.append(FieldError("/victimsView", "unknown", f"one of: {', '.join(rule.views)}"))
    if errors:
        raise Malformed(errors=errors)


def _goal_errors(rule: MonitoringRule, goals: Mapping[str, str]) -> Iterator[FieldError]:
    for code in rule.goals:
        if code not in goals:
            yield FieldError(f"/goals/{code}", "required", "every goal has an outcome, or 'not-relevant'")
    for code, outcome in goals.items():
        if code not in rule.goals:
            yield FieldError("/goals", "unknown", f"goals are: {', '.join(rule.goals)}")
        elif outcome not in rule.outcomes:
            yield FieldError(f"/goals/{code}", "unknown", f"one of: {', '.join(rule.outcomes)}")


def share_reached(evaluation: Evaluation) -> tuple[int, int]:
    """How many goals were reached, of how many that applied."""
    applying = [outcome for outcome in evaluation.goals.values() if outcome != "not-relevant"]
    return sum(outcome == "reached" for outcome in applying), len(applying)
