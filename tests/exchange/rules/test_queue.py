"""What follows a try; what the machine does with it is compared with the rows in store/test_machines.py."""

from datetime import timedelta

import pytest

from services.exchange.model.feed import NoticeStopped
from services.exchange.model.outbox import STOPPED, OutState
from services.exchange.rules.delivery import Failure, History, Origin, Reason, Terms
from services.exchange.rules.queue import Ended, Postpone, Settle, verdict

TERMS = Terms(first=timedelta(seconds=2), longest=timedelta(seconds=8), tries_of_unknown=3)


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        (None, Settle(OutState.DELIVERED)),
        (NoticeStopped(), Settle(OutState.SKIPPED, STOPPED)),
        (Reason.SEAL_BROKEN, Settle(OutState.QUARANTINED, "seal-broken")),
        (Failure(Origin.BUSINESS, "NO"), Settle(OutState.QUARANTINED, "partner-refused")),
        (Failure(Origin.TRANSPORT, "timeout"), Postpone(timedelta(seconds=2), unknown=False)),
        (Failure(Origin.ANSWER, "wrong-id"), Postpone(timedelta(seconds=2), unknown=True)),
    ],
    ids=str,
)
def test_what_follows_the_first_try(ended: Ended, expected: Settle | Postpone) -> None:
    assert verdict(ended, History(0, 0), TERMS, 1000) == expected


def test_an_error_that_nobody_knows_gets_so_many_tries_however_often_the_network_failed() -> None:
    failure = Failure(Origin.ANSWER, "wrong-id")
    assert verdict(failure, History(50, 1), TERMS, 1000) == Postpone(timedelta(seconds=8), unknown=True)
    found = verdict(failure, History(50, 2), TERMS, 1000)
    assert found == Settle(OutState.QUARANTINED, "answer-inconsistent")
