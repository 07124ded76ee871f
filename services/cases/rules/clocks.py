"""By when something is due: days of Estonia, counted as the published clocks say."""

from datetime import date, timedelta

from services.cases.model.clocks import ClockRule, Clocks, Direction, Standing, Term, Unit
from services.kit.calendar import add_months


def term(rule: ClockRule, happened_on: date, recorded_on: date, clocks: Clocks) -> Term:
    """The term of a fact that happened on one day and was recorded on another.

    A clock that runs after its fact starts at the later of the two days; nothing is due before it was
    known here (DESIGN rule 12). The day of the fact is not counted (TsÜS § 135(1)). What was recorded long
    after it happened warns nobody.
    """
    is_before = rule.direction is Direction.BEFORE
    start = happened_on if is_before else max(happened_on, recorded_on)
    due = max(_moved(rule, start, clocks), recorded_on)
    if rule.rolls:  # TsÜS § 136(8)
        due = clocks.holidays.from_day(due)
    if recorded_on - happened_on > timedelta(days=clocks.late_after_days):
        return Term(due, None, None)
    warn = max(clocks.holidays.move(due, -rule.warn_days), recorded_on)
    late = None if rule.escalate_days is None else clocks.holidays.move(due, rule.escalate_days)
    return Term(due, warn, late)


def standing(term: Term, today: date) -> Standing:
    """How something that is not done stands on a day; on its due day it is still in time."""
    if today > term.due_on:
        return Standing.OVERDUE
    if term.warn_on is not None and today >= term.warn_on:
        return Standing.SOON
    return Standing.DUE


def _moved(rule: ClockRule, day: date, clocks: Clocks) -> date:
    amount = rule.amount if rule.direction is Direction.AFTER else -rule.amount
    match rule.unit:
        case Unit.DAYS:
            return day + timedelta(days=amount)
        case Unit.WORKING_DAYS:
            return clocks.holidays.move(day, amount)
        case Unit.WEEKS:
            return day + timedelta(weeks=amount)
        case Unit.MONTHS:
            return add_months(day, amount)
