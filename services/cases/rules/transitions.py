"""What may become of a referral: the published table says whether, the types say with which facts."""

from datetime import datetime
from typing import assert_never

from services.cases.model.problems import TransitionRefused
from services.cases.model.published import Transition, Transitions
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

MINOR = "victim-under-18"


def allowed(state: ReferralState, action: Action, table: Transitions) -> Transition:
    """The published transition for an action in a state; raises TransitionRefused when there is none."""
    found = table.get((state_name(state), ACTIONS[type(action)]))
    if found is None:
        raise TransitionRefused
    return found


def step(state: ReferralState, action: Action, table: Transitions) -> ReferralState:
    """The state after an action; raises TransitionRefused when the state does not allow it."""
    transition = allowed(state, action, table)
    after = _after(action, score_of(state))
    if state_name(after) is not transition.target:
        raise ValueError("the published table sends this action to a state that it cannot make")
    return after


def score_of(state: ReferralState) -> Score | None:
    """The score that a state carries."""
    return None if isinstance(state, Received) else state.score


def _after(action: Action, score: Score | None) -> ReferralState:
    match action:
        case Scored():
            return AwaitingScreening(action.score)
        case GoUnscored():
            return AwaitingScreening(None)
        case Withdraw():
            return Withdrawn(score, action.reason, action.at)
        case Correct():
            return Received()
        case _:
            return _decided(action, score)


def _decided(action: RedirectMinor | Accept | Decline | Redirect, score: Score | None) -> ReferralState:
    match action:
        case RedirectMinor():
            return Redirected(score, MINOR, action.at, action.by)
        case Accept():
            return Accepted(score, action.case, action.at, action.by)
        case Decline():
            return Declined(score, action.reason, action.at, action.by)
        case Redirect():
            return Redirected(score, action.reason, action.at, action.by)
        case _:
            assert_never(action)


def first_action(*, minor: bool, assessed: bool, score: Score | None, at: datetime, by: str) -> Action | None:
    """What happens to a referral on receipt; None when its answers must wait for their score."""
    if minor:
        return RedirectMinor(at, by)
    if score is not None:
        return Scored(score)
    return None if assessed else GoUnscored()
