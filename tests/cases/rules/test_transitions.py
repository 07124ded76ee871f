"""No sequence of actions leads to a state that the published table does not allow."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.catalog import load
from services.cases.model.codes import Band, Ground, State
from services.cases.model.ids import CaseId
from services.cases.model.problems import TransitionRefused
from services.cases.model.states import (
    ACTIONS,
    Accept,
    Accepted,
    Action,
    AwaitingScreening,
    Correct,
    Decline,
    Declined,
    GoUnscored,
    Received,
    Redirect,
    Redirected,
    RedirectMinor,
    ReferralState,
    Score,
    Scored,
    Withdraw,
    Withdrawn,
    state_name,
)
from services.cases.rules.transitions import score_of, step

AT = datetime(2017, 3, 2, tzinfo=UTC)
SCORE = Score("dash", "1", "sha256:0", "1", 15, Band.HIGH, (Ground.VISIBLE_HIGH_RISK,), AT)
LEGAL = {
    State.RECEIVED: {"score", "go-unscored", "redirect-minor", "withdraw", "correct"},
    State.AWAITING_SCREENING: {"accept", "decline", "redirect", "withdraw", "correct"},
    State.ACCEPTED: set(),
    State.DECLINED: {"correct"},
    State.REDIRECTED: {"correct"},
    State.WITHDRAWN: set(),
}
actions = st.sampled_from(
    [
        Scored(SCORE),
        GoUnscored(),
        RedirectMinor(AT, "service"),
        Accept(CaseId(UUID(int=1)), AT, "anna"),
        Decline("criteria-not-met", AT, "anna"),
        Redirect("other-region", AT, "anna"),
        Withdraw("sent-in-error", AT),
        Correct(),
    ]
)


@given(st.lists(actions, max_size=6))
def test_only_listed_actions_lead_anywhere(sequence: list[Action]) -> None:
    table = load().transitions
    state: ReferralState = Received()
    for action in sequence:
        legal = ACTIONS[type(action)] in LEGAL[state_name(state)]
        if legal:
            before, state = state, step(state, action, table)
            kept = None if isinstance(action, Correct) else score_of(before)
            assert score_of(state) == (SCORE if isinstance(action, Scored) else kept)
        else:
            with pytest.raises(TransitionRefused):
                step(state, action, table)


def test_each_end_carries_its_facts() -> None:
    table = load().transitions
    waiting = step(Received(), Scored(SCORE), table)
    assert waiting == AwaitingScreening(SCORE)
    case = CaseId(UUID(int=1))
    assert step(waiting, Accept(case, AT, "anna"), table) == Accepted(SCORE, case, AT, "anna")
    assert step(waiting, Decline("other", AT, "anna"), table) == Declined(SCORE, "other", AT, "anna")
    assert step(waiting, Redirect("other-region", AT, "anna"), table) == Redirected(
        SCORE, "other-region", AT, "anna"
    )
    assert step(waiting, Withdraw("duplicate", AT), table) == Withdrawn(SCORE, "duplicate", AT)
    assert step(Received(), Withdraw("duplicate", AT), table) == Withdrawn(None, "duplicate", AT)


def test_a_minor_goes_to_child_protection() -> None:
    redirected = step(Received(), RedirectMinor(AT, "ee-dev/GOV/70008747/polis"), load().transitions)
    assert isinstance(redirected, Redirected)
    assert redirected.reason == "victim-under-18"


def test_a_table_that_leads_nowhere_is_noticed() -> None:
    table = {key: row for key, row in load().transitions.items() if key[1] != "accept"}
    decline = table[State.AWAITING_SCREENING, "decline"]
    with pytest.raises(ValueError, match="published table"):
        step(
            AwaitingScreening(None),
            Accept(CaseId(UUID(int=1)), AT, "anna"),
            {**table, (State.AWAITING_SCREENING, "accept"): decline},
        )
