"""What follows what the register said; the steps are compared with rows in store/test_machines.py."""

from datetime import timedelta

import pytest

from services.exchange.model.inbox import Answer, Declined, Status, Taken, Unavailable
from services.exchange.rules import delivery
from services.exchange.rules.inbox import WRONG, Postpone, Terms, Verdict, verdict

TERMS = Terms(
    tries_of_wrong=3, retry=delivery.Terms(first=timedelta(seconds=1), longest=timedelta(seconds=4))
)
TAKEN = Taken("TV-0123-4567-89AB-CDEF-0", Status.AWAITING_SCREENING)


@pytest.mark.parametrize(
    ("answer", "attempts", "expected"),
    [
        (TAKEN, 1, TAKEN),
        (Declined("referral-invalid"), 1, Declined("referral-invalid")),
        (Unavailable("upstream-unavailable"), 1, Postpone(timedelta(seconds=1))),
        (Unavailable("upstream-unavailable"), 1000, Postpone(timedelta(seconds=4))),
        (Unavailable(WRONG), 2, Postpone(timedelta(seconds=2))),
        (Unavailable(WRONG), 3, Declined(WRONG)),
    ],
)
def test_what_follows_an_answer(answer: Answer, attempts: int, expected: Verdict) -> None:
    assert verdict(answer, attempts, TERMS, 1000) == expected
