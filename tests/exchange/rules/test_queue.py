"""What follows a try, and how a queue goes on; many steps, on rows, are in store/test_machines.py."""

from datetime import UTC, datetime, timedelta

import pytest

from services.exchange.model.feed import NoticeStopped
from services.exchange.model.outbox import STOPPED, OutState
from services.exchange.rules.delivery import Failure, History, Origin, Reason, Terms
from services.exchange.rules.queue import (
    Ended,
    First,
    Postpone,
    QueueState,
    Settle,
    Standing,
    Verdict,
    advanced,
    after_try,
    appended,
    verdict,
)

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


NOW = datetime(2017, 5, 4, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
#: The second of three messages is on its way, under the third lease, after two failures.
SENT = Standing(4, 2, QueueState.DUE, NOW - SECOND, 2, 1, asked=True, lease_until=NOW + SECOND, fence=3)


def test_an_idle_queue_begins_with_what_is_put_at_its_end() -> None:
    assert appended(Standing(), OutState.WAITING, 2, NOW) == Standing(3, 1, QueueState.DUE, NOW)
    assert appended(Standing(fence=7), OutState.QUARANTINED, 1, NOW) == Standing(
        2, 1, QueueState.BLOCKED, fence=7
    )


def test_one_that_has_a_head_keeps_it() -> None:
    assert appended(SENT, OutState.WAITING, 2, NOW) == Standing(
        6, 2, QueueState.DUE, NOW - SECOND, 2, 1, asked=True, lease_until=NOW + SECOND, fence=3
    )


@pytest.mark.parametrize(
    ("ended", "following", "expected"),
    [
        (Settle(OutState.DELIVERED), (3, OutState.WAITING), Standing(4, 3, QueueState.DUE, NOW, fence=3)),
        (Settle(OutState.SKIPPED), (3, OutState.QUARANTINED), Standing(4, 3, QueueState.BLOCKED, fence=3)),
        (Settle(OutState.DELIVERED), None, Standing(4, 4, fence=3)),
        (
            Settle(OutState.QUARANTINED, "a-reason"),
            (3, OutState.WAITING),
            Standing(4, 2, QueueState.BLOCKED, fence=3),
        ),
        (
            Postpone(SECOND, unknown=True),
            (3, OutState.WAITING),
            Standing(4, 2, QueueState.DUE, NOW + SECOND, 3, 2, fence=3),
        ),
    ],
    ids=str,
)
def test_after_a_try_the_next_one_goes_only_behind_what_is_done_with(
    ended: Verdict, following: First, expected: Standing
) -> None:
    assert after_try(SENT, ended, following, NOW) == expected


def test_a_decision_leaves_a_head_alone_that_is_on_its_way() -> None:
    assert advanced(SENT, (2, OutState.WAITING), NOW) is SENT
    blocked = Standing(4, 2, QueueState.BLOCKED, fence=3)
    assert advanced(blocked, (2, OutState.WAITING), NOW) == Standing(4, 2, QueueState.DUE, NOW, fence=3)
    assert advanced(blocked, (3, OutState.WAITING), NOW) == Standing(4, 3, QueueState.DUE, NOW, fence=3)
    assert advanced(blocked, None, NOW) == Standing(4, 4, fence=3)
