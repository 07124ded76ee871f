"""Which call-outs count, about whom the police are asked, and when the answer is a ground for referral."""

from collections.abc import Sequence
from datetime import date, timedelta

from services.cases.model.callouts import Answered, Pair, Window
from services.cases.model.codes import CallOutState, Role, State
from services.cases.model.dossiers import Part
from services.cases.model.published import CallOutRule
from services.kit.calendar import add_months, end_of_window12

_DAY = timedelta(days=1)
#: Whose referral is not for the network any more has no use for it: what is not needed is not asked.
_OVER = frozenset({State.DECLINED, State.REDIRECTED, State.WITHDRAWN})


def window(referred_on: date) -> Window:
    """The twelve months that end with the day of referral: a day counts while its own twelve months last."""
    first = add_months(referred_on, -12)
    while referred_on >= end_of_window12(first):
        first += _DAY
    return Window(first, referred_on + _DAY)


def pairs(state: State, parts: Sequence[Part]) -> Sequence[Pair] | CallOutState:
    """About whom the police are asked; else why they are not.

    Args:
        state: where the referral stands.
        parts: people's parts in it.
    """
    if state in _OVER:
        return CallOutState.NOT_NEEDED
    coded = [(part, code) for part in parts if (code := part.identity.personal_code) is not None]
    found = [
        Pair(victim.id, threatening.id, victim_code, threatening_code)
        for victim, victim_code in coded
        for threatening, threatening_code in coded
        if victim.role is Role.VICTIM and threatening.role is Role.THREATENING_PERSON
    ]
    return found or CallOutState.NOT_POSSIBLE


def is_ground(answers: Sequence[Answered], rule: CallOutRule) -> bool:
    """Whether the police were called often enough about the same two people."""
    return any(len(one.days) >= rule.at_least for one in answers)
