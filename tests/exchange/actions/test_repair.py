"""The worker's half of intake: who may settle a row, when the next try comes, what waits for a person."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.exchange.model.inbox import Quarantined
from services.exchange.store import inbox
from services.kit.problem import UpstreamUnavailable

REQUEST = "submitReferral.request.xml"
OLD_ID, OLD_REFERENCE = b"3e5d1f2a6b80", b"PV-2017-001203"


async def test_the_worker_leaves_alone_what_is_being_handed_over(exchange: Any, golden: Any) -> None:
    exchange.cases.delay = 0.2
    task = asyncio.create_task(exchange.soap(golden(REQUEST)))
    await asyncio.sleep(0.1)
    assert await exchange.states() == ["received"]
    assert await exchange.work_off() == []
    exchange.told(await task)


async def test_the_worker_never_releases(exchange: Any, golden: Any) -> None:
    """The process died after T1: nobody knows whether the sender was told of a success."""
    exchange.cases.mode = "down"
    await exchange.soap(golden(REQUEST))
    await exchange.rows("update inbox set acknowledged_at = null")
    await exchange.make_due()
    exchange.cases.mode = "422"
    (settled,) = await exchange.work_off()
    assert isinstance(settled.progress, Quarantined)


async def test_the_worker_repairs_a_lost_t2(
    exchange: Any, golden: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The register has it; the database was gone before that was written down, and the sender told of it."""

    async def gone(*_: Any, **__: Any) -> None:
        raise UpstreamUnavailable

    monkeypatch.setattr(inbox, "hand_over", gone)
    answer = await exchange.soap(golden(REQUEST))
    assert (answer.status_code, b"<reference>" in answer.content) == (500, False)
    assert await exchange.states() == ["received"]
    monkeypatch.undo()
    await exchange.make_due()
    (settled,) = await exchange.work_off()
    assert exchange.told(await exchange.soap(golden(REQUEST))) == (settled.reference, settled.status)
    assert list(exchange.cases.taken) == [settled.reference]


async def test_many_outcomes_are_written_in_few_transactions(start: Any, golden: Any) -> None:
    body = golden(REQUEST)
    bodies = [body.replace(OLD_ID, b"%012d" % n).replace(OLD_REFERENCE, b"PV-%d" % n) for n in range(30)]
    async with start(hand_over_places=30) as exchange:
        answers = await asyncio.gather(*(exchange.soap(each) for each in bodies))
        assert len({exchange.told(answer) for answer in answers}) == 30
        assert await exchange.states() == ["handed-over"] * 30
        rows = await exchange.rows("select request_id from audit where action = 'disclose'")
        assert len({row["request_id"] for row in rows}) == 30
        (count,) = await exchange.rows("select count(distinct xmin::text) as n from inbox")
        assert count["n"] < 15


async def test_two_workers_share_what_is_due(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    for number in range(10):
        exchange.app.state.xroad.intake._cases._breaker.succeeded()
        await exchange.soap(
            golden(REQUEST).replace(OLD_ID, b"%012d" % number).replace(OLD_REFERENCE, b"PV-%d" % number)
        )
    await exchange.make_due()
    exchange.cases.mode, exchange.cases.delay = "ok", 0.05
    both = await asyncio.gather(exchange.work_off(6), exchange.work_off(6))
    assert sorted(map(len, both)) == [4, 6]
    assert len(exchange.cases.taken) == 10
    assert [method for method, _ in exchange.cases.calls[10:]] == ["POST"] * 2


async def test_a_worker_that_woke_up_late_settles_nothing(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    await exchange.soap(golden(REQUEST))
    await exchange.make_due()
    permit = exchange.permit()
    async with exchange.app.state.database.work(permit, str(uuid4())) as work:
        (late,) = await inbox.claim(work, limit=1, lease=timedelta(seconds=0))
        (later,) = await inbox.claim(work, limit=1, lease=timedelta(seconds=30))
        assert await inbox.claim(work, limit=1, lease=timedelta(seconds=30)) == []
    assert (late.fence, later.fence, later.attempts) == (1, 2, 2)
    exchange.cases.mode = "ok"
    assert await exchange.repair().hand_over(permit, [late], str(uuid4())) == [None]
    assert await exchange.states() == ["received"]
    assert await exchange.repair().hand_over(permit, [later], str(uuid4())) != [None]


async def test_the_worker_waits_longer_after_each_failure(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    await exchange.soap(golden(REQUEST))
    for attempt in range(1, 5):
        await exchange.make_due()
        assert await exchange.work_off() == [None]
        (row,) = await exchange.rows(
            "select attempts, lease_until, next_attempt_at - now() as wait from inbox"
        )
        assert row["attempts"] == attempt
        assert row["lease_until"] is None
        assert row["wait"] <= timedelta(seconds=2 ** (attempt - 1))
    assert row["wait"] > timedelta(seconds=3)


async def test_what_makes_the_register_crash_waits_for_a_person_after_five_tries(
    exchange: Any, golden: Any
) -> None:
    exchange.cases.mode = "wrong"
    await exchange.soap(golden(REQUEST))
    for _ in range(4):
        await exchange.make_due()
        exchange.app.state.xroad.intake._cases._breaker.succeeded()
        assert await exchange.work_off() == [None]
    await exchange.make_due()
    (settled,) = await exchange.work_off()
    assert settled.progress == Quarantined("case-register-wrong")


async def test_a_changed_seal_waits_for_a_person(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    await exchange.soap(golden(REQUEST))
    await exchange.rows(
        "update inbox set referral_sealed = set_byte(referral_sealed, 40, get_byte(referral_sealed, 40) # 1)"
    )
    await exchange.make_due()
    exchange.cases.mode = "ok"
    (settled,) = await exchange.work_off()
    assert settled.progress == Quarantined("seal-broken")
    assert exchange.cases.taken == {}


async def test_a_person_has_it_tried_again(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    reference, _ = exchange.told(await exchange.soap(golden(REQUEST)))
    await exchange.make_due()
    exchange.cases.mode = "422"
    await exchange.work_off()
    permit = exchange.permit()
    (row,) = await exchange.rows("select id from inbox")
    async with exchange.app.state.database.work(permit, str(uuid4())) as work:
        assert await inbox.redrive(work, row["id"])
        assert not await inbox.redrive(work, row["id"])
    exchange.cases.mode = "ok"
    (settled,) = await exchange.work_off()
    assert (settled.reference, settled.status) == (reference, "AWAITING_SCREENING")


async def test_a_register_that_was_away_long_is_asked_again_within_seconds(
    exchange: Any, golden: Any
) -> None:
    """What failed often waited up to five minutes although the register was back: found by 1 000 kills."""
    exchange.cases.mode = "down"
    await exchange.soap(golden(REQUEST))
    await exchange.rows("update inbox set attempts = 30")
    await exchange.make_due()
    await exchange.work_off()
    (row,) = await exchange.rows("select extract(epoch from next_attempt_at - now()) as wait from inbox")
    assert 0 < row["wait"] <= 10


async def test_one_that_is_refused_waits_for_a_person_and_spoils_no_other(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    told = []
    for number in range(3):
        exchange.app.state.xroad.intake._cases._breaker.succeeded()
        body = golden(REQUEST).replace(OLD_ID, b"%012d" % number).replace(OLD_REFERENCE, b"PV-%d" % number)
        told.append(exchange.told(await exchange.soap(body))[0])
    await exchange.make_due()
    exchange.cases.mode, exchange.cases.spoilt = "ok", {told[1]}
    await exchange.work_off()
    rows = await exchange.rows("select reference, state, reason, next_attempt_at from inbox")
    states = {row["reference"]: (row["state"], row["reason"]) for row in rows}
    assert states == {
        told[0]: ("handed-over", None),
        told[1]: ("quarantined", "referral-invalid"),
        told[2]: ("handed-over", None),
    }
    assert all(row["next_attempt_at"] is None for row in rows)
    audited = await exchange.rows("select count(*) as n from audit where action = 'update'")
    assert audited[0]["n"] == 3
