"""An action of the plan goes the ways of its published machine, and says what each way asks for."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases import catalog as published
from services.cases.model.ids import CaseId
from services.cases.model.plan import (
    COMMANDS,
    MACHINE,
    Amend,
    Assign,
    Cancel,
    CarryOver,
    Close,
    Command,
    Complete,
    Content,
    Decline,
    Fail,
    Planned,
    PlanState,
    Proposal,
    Volunteer,
)
from services.cases.model.problems import TransitionRefused
from services.cases.rules.plan import Setting, after, check_proposal
from services.kit.problem import Malformed

CATALOG = published.load()
LIFECYCLE = CATALOG.lifecycles[MACHINE]
TODAY = date(2017, 5, 4)
SETTING = Setting(CATALOG.plan, LIFECYCLE, date(2017, 3, 2), {"police", "probation"}, TODAY)
CONTENT = Content("Tegevus.", "Tulemus.")
NEW = Planned(
    id=UUID(int=1),
    case=CaseId(UUID(int=2)),
    state=PlanState.PROPOSED,
    agency=None,
    member=None,
    due_on=TODAY,
    meeting=None,
    declined=(),
    reason=None,
    reviews=0,
    version=1,
    content_version=1,
    outcome_version=None,
    proposed_on=TODAY,
    proposed_by="m-1",
    changed_at=datetime(2017, 5, 4, tzinfo=UTC),
)
DAYS = st.dates(date(2017, 3, 2), date(2018, 5, 4))
AGENCIES = st.sampled_from(["police", "probation"])
COMMAND: st.SearchStrategy[Command] = st.one_of(
    st.builds(Amend, st.just(CONTENT), DAYS),
    st.builds(Volunteer, AGENCIES, st.booleans()),
    st.builds(Assign, AGENCIES, st.none(), st.none() | DAYS),
    st.builds(Decline, AGENCIES, st.sampled_from(sorted(CATALOG.plan.reasons["decline"]))),
    st.builds(Complete, st.just("Tehtud.")),
    st.builds(Fail, st.sampled_from(sorted(CATALOG.plan.reasons["fail"])), st.none() | st.just("Ei.")),
    st.builds(CarryOver, DAYS, st.none()),
    st.builds(Close, st.none()),
    st.builds(Cancel, st.sampled_from(sorted(CATALOG.plan.reasons["cancel"]))),
)


def test_the_machine_has_the_states_and_actions_of_the_model() -> None:
    assert set(LIFECYCLE.states) == {state.value for state in PlanState}
    assert set(LIFECYCLE.actions) == {*COMMANDS.values(), "hand-over"}  # nobody's command: a transfer does it
    assert set(CATALOG.plan.reasons) == {"decline", "fail", "cancel"}


def _lawful(planned: Planned) -> bool:
    """What the table of the database demands of a row as well."""
    state, has_reason = planned.state, planned.reason is not None
    return all(
        (
            planned.agency is not None or state in {PlanState.PROPOSED, PlanState.CANCELLED},
            planned.member is None or planned.agency is not None,
            has_reason or state not in {PlanState.NOT_DONE, PlanState.CANCELLED},
            not has_reason or state in {PlanState.NOT_DONE, PlanState.CANCELLED, PlanState.CLOSED},
            state is not PlanState.DONE or planned.outcome_version is not None,
            1 <= planned.content_version <= planned.version,
            planned.outcome_version is None or 2 <= planned.outcome_version <= planned.version,
        )
    )


@given(st.lists(COMMAND, max_size=30))
def test_no_sequence_of_changes_leads_to_an_action_that_cannot_be(commands: list[Command]) -> None:
    planned = NEW
    for command in commands:
        before = planned
        try:
            planned, step = after(planned, command, SETTING)
        except (Malformed, TransitionRefused):
            continue
        assert (step.source, step.target) == (before.state.value, planned.state.value)
        assert LIFECYCLE.targets[before.state.value, step.action] == planned.state.value
        assert planned.version == before.version + 1
        assert _lawful(planned)


@given(COMMAND, st.sampled_from([PlanState.CLOSED, PlanState.CANCELLED]))
def test_what_is_over_is_over(command: Command, state: PlanState) -> None:
    over = replace(NEW, state=state, agency="police", reason="other")
    with pytest.raises((TransitionRefused, Malformed)):
        after(over, command, SETTING)


RUNNING = replace(NEW, state=PlanState.ASSIGNED, agency="police", member=UUID(int=9))


@pytest.mark.parametrize(
    ("command", "pointer", "code"),
    [
        (Assign("school", None, None), "/agency", "not-in-case"),
        (Assign("police", None, date(2017, 3, 1)), "/dueOn", "before-the-case"),
        (Amend(CONTENT, date(2018, 5, 5)), "/dueOn", "too-far"),
        (Decline("probation", "other"), "/agency", "not-asked"),
        (Decline("police", "victim-refused"), "/reason", "unknown"),
        (Fail("not-our-task", None), "/reason", "unknown"),
        (Cancel("why"), "/reason", "unknown"),
        (CarryOver(date(2016, 1, 1), None), "/dueOn", "before-the-case"),
        (Volunteer("probation", by_name=False), "/agency", "asked-of-another"),
    ],
)
def test_a_change_that_lacks_something_names_field_and_rule(
    command: Command, pointer: str, code: str
) -> None:
    with pytest.raises(Malformed) as refused:
        after(RUNNING, command, SETTING)
    [error] = refused.value.errors
    assert (error.pointer, error.code) == (pointer, code)


def test_a_proposal_tells_everything_that_is_wrong_at_once() -> None:
    with pytest.raises(Malformed) as refused:
        check_proposal(Proposal(CONTENT, date(2020, 1, 1), "school", None), SETTING)
    assert [error.pointer for error in refused.value.errors] == ["/dueOn", "/agency"]


def test_who_declines_gives_it_back_and_is_remembered_once() -> None:
    once, _ = after(RUNNING, Decline("police", "no-capacity"), SETTING)
    assert (once.agency, once.member, once.declined) == (None, None, ("police",))
    again, _ = after(replace(once, agency="police"), Decline("police", "other"), SETTING)
    assert again.declined == ("police",)


def test_a_meeting_carries_over_and_asks_for_another_day() -> None:
    failed, _ = after(RUNNING, Fail("no-contact", None), SETTING)
    later = TODAY + timedelta(days=21)
    carried, step = after(failed, CarryOver(later, UUID(int=5)), SETTING)
    assert (carried.state, carried.due_on, carried.reviews) == (PlanState.ASSIGNED, later, 1)
    assert (carried.reason, carried.meeting, step.action) == (None, UUID(int=5), "carry-over")
