"""When a closed case is looked at again, and when its year may end."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.catalog import load
from services.cases.model.ids import CaseId
from services.cases.model.monitoring import Checkpoint, Period
from services.cases.model.problems import TransitionRefused
from services.cases.rules import monitoring as rules
from services.kit.problem import Malformed

CATALOG = load()
RULE = CATALOG.monitoring
CASE = CaseId(UUID(int=1))
STATES = st.lists(st.sampled_from(["due", "held", "skipped"]))
DAYS = st.dates(date(2016, 7, 1), date(2090, 12, 31))


def _period(closed_on: date) -> Period:
    until = rules.until(RULE, closed_on)
    return Period(UUID(int=2), CASE, closed_on, until, "protected", None, None, None)


def _checkpoint(number: int, state: str) -> Checkpoint:
    day = date(2018, 1, 1)
    return Checkpoint(UUID(int=number), CASE, UUID(int=2), "monitoring-1", day, state, None, None, 1)


@given(closed_on=DAYS)
def test_checkpoints_follow_each_other_within_the_year(closed_on: date) -> None:
    planned = rules.planned(RULE, CATALOG.clocks, closed_on, closed_on)
    days = [day for _, day in planned]
    assert [code for code, _ in planned] == list(RULE.checkpoints)
    assert days == sorted(set(days))
    assert closed_on + timedelta(days=27) < days[0]
    assert days[-1] >= rules.until(RULE, closed_on)  # the last one looks back on the whole year


@given(closed_on=DAYS, late=st.integers(0, 500))
def test_nothing_is_due_before_it_was_known(closed_on: date, late: int) -> None:
    recorded_on = closed_on + timedelta(days=late)
    for _, day in rules.planned(RULE, CATALOG.clocks, closed_on, recorded_on):
        assert day >= recorded_on


@given(
    closed_on=DAYS, after=st.integers(0, 800), states=st.lists(st.sampled_from(["due", "held", "skipped"]))
)
def test_a_year_ends_as_its_days_and_checkpoints_say(closed_on: date, after: int, states: list[str]) -> None:
    period, today = _period(closed_on), closed_on + timedelta(days=after)
    checkpoints = [_checkpoint(number, state) for number, state in enumerate(states)]
    due = [each.id for each in checkpoints if each.state == "due"]
    if today < period.until:
        assert rules.check_end(RULE, period, checkpoints, "objected", today) == due
        with pytest.raises(Malformed):
            rules.check_end(RULE, period, checkpoints, None, today)
        return
    with pytest.raises(Malformed):
        rules.check_end(RULE, period, checkpoints, "objected", today)
    if due:
        with pytest.raises(TransitionRefused):
            rules.check_end(RULE, period, checkpoints, None, today)
    else:
        assert rules.check_end(RULE, period, checkpoints, None, today) == []


@given(
    goals=st.dictionaries(st.sampled_from([*RULE.goals, "peace"]), st.sampled_from([*RULE.outcomes, "great"]))
)
def test_an_evaluation_names_every_goal_and_nothing_else(goals: dict[str, str]) -> None:
    complete = goals.keys() == RULE.goals.keys() and set(goals.values()) <= RULE.outcomes.keys()
    errors: list[Any] = []
    try:
        rules.check_evaluation(RULE, goals, "better")
    except Malformed as problem:
        errors = list(problem.errors)
    assert complete == (not errors)
