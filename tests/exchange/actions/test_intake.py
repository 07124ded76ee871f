"""T1, the hand-over, T2: duplicates, conflicts, a register or a database that is away, the worker."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from lxml import etree

from services.exchange.actions.repair import Repair, Terms
from services.exchange.actions.settling import Settler
from services.exchange.model.inbox import HandedOver, Quarantined
from services.exchange.store import inbox
from services.kit.db import Database
from services.kit.policy import Caller
from services.kit.problem import UpstreamUnavailable

REQUEST = "submitReferral.request.xml"
OLD_ID, OLD_REFERENCE = b"3e5d1f2a6b80", b"PV-2017-001203"


def told(answer: Any) -> tuple[str, str]:
    assert answer.status_code == 200, answer.text
    (payload,) = etree.fromstring(answer.content)[1]
    return str(payload.findtext("reference")), str(payload.findtext("status"))


def refused(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    (payload,) = etree.fromstring(answer.content)[1]
    assert payload.findtext("reference") is None
    return str(payload.findtext("faultCode"))


async def states(exchange: Any) -> list[str]:
    return [
        row["state"] for row in await exchange.rows("select state from inbox order by received_at, state")
    ]


async def make_due(exchange: Any) -> None:
    await exchange.rows(
        "update inbox set next_attempt_at = now() - interval '1 second' where state = 'received'"
    )


async def work_off(exchange: Any, limit: int = 10) -> list[Any]:
    """What the worker does: claims what is due, and hands it over."""
    permit = exchange.app.state.policy.permit(
        Caller.system("worker:intake", "exchange"), "hand_over_referral", "intake"
    )
    async with exchange.app.state.database.work(permit, str(uuid4())) as work:
        due = await inbox.claim(work, limit=limit, lease=timedelta(seconds=30))
    return list(
        await asyncio.gather(*(repair(exchange).hand_over(permit, each, str(uuid4())) for each in due))
    )


def repair(exchange: Any) -> Repair:
    intake = exchange.app.state.xroad.intake
    return Repair(intake._database, intake._sealer, intake._cases, Terms())


# The same message again


async def test_the_same_message_again_has_one_effect_and_tells_the_present_status(
    exchange: Any, golden: Any
) -> None:
    first = told(await exchange.soap(golden(REQUEST)))
    await exchange.app.state.settler.idle()
    exchange.cases.status, exchange.cases.changed_at = "ACCEPTED", "2017-05-05T08:00:00Z"
    again = await exchange.soap(golden(REQUEST))
    assert told(again) == (first[0], "ACCEPTED")
    assert b"2017-05-05T08:00:00Z" in again.content
    assert await states(exchange) == ["handed-over"]
    assert [method for method, _ in exchange.cases.calls] == ["PUT", "GET"]
    (row,) = await exchange.rows("select status from inbox")
    assert row["status"] == "ACCEPTED"


async def test_a_byte_order_mark_makes_no_other_message(exchange: Any, golden: Any) -> None:
    body = golden(REQUEST)
    assert told(await exchange.soap(body)) == told(await exchange.soap(b"\xef\xbb\xbf" + body))


@pytest.mark.parametrize("many", [2, 16])
async def test_the_same_message_many_times_at_once_is_one_row_and_all_are_answered(
    exchange: Any, golden: Any, many: int
) -> None:
    exchange.cases.delay = 0.02
    answers = await asyncio.gather(*(exchange.soap(golden(REQUEST)) for _ in range(many)))
    assert len({told(answer) for answer in answers}) == 1
    assert await states(exchange) == ["handed-over"]
    assert len(exchange.cases.taken) == 1


async def test_another_client_may_use_the_same_id(exchange: Any, golden: Any) -> None:
    body = golden(REQUEST)
    other = body.replace(b"70008747", b"70009770").replace(b">polis<", b">star<")
    assert told(await exchange.soap(body))[0] != told(await exchange.soap(other))[0]
    assert len(await states(exchange)) == 2


async def test_the_same_id_with_other_content_is_refused_and_an_incident(exchange: Any, golden: Any) -> None:
    body = golden(REQUEST)
    first = told(await exchange.soap(body))
    other = await exchange.soap(body.replace(b"Naabrid kutsusid", b"Keegi kutsus"))
    assert other.status_code == 500
    assert "env:Client.message_id_reused" in other.text
    (incident,) = await exchange.rows("select * from incident")
    (row,) = await exchange.rows("select id, digest from inbox")
    assert (incident["kind"], incident["inbox_id"]) == ("message-id-reused", row["id"])
    assert incident["digest"] != row["digest"]
    actions = [row["action"] for row in await exchange.rows("select action from audit")]
    assert sorted(actions) == ["create", "receive", "refuse", "update"]
    assert told(await exchange.soap(body)) == first


async def test_of_two_contents_at_once_one_is_taken_and_the_other_refused(exchange: Any, golden: Any) -> None:
    body = golden(REQUEST)
    bodies = [body, body.replace(b"Naabrid kutsusid", b"Keegi kutsus")]
    answers = await asyncio.gather(*(exchange.soap(each) for each in bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 500]
    assert len(await exchange.rows("select 1 from incident")) == 1
    assert await states(exchange) == ["handed-over"]


async def test_a_version_that_cases_knows_keeps_its_earlier_reference(exchange: Any, golden: Any) -> None:
    first = told(await exchange.soap(golden(REQUEST)))
    again = told(await exchange.soap(golden(REQUEST).replace(OLD_ID, b"3e5d1f2a6b81")))
    assert again == first
    (_, later) = await exchange.rows("select reference, same_as from inbox order by same_as nulls first")
    assert later["same_as"] == first[0] != later["reference"]
    for reference in (later["reference"], first[0]):
        answer = await exchange.rest("GET", f"/referrals/{reference}", client="ee-dev/GOV/70008747/polis")
        assert answer.json()["reference"] == first[0]


async def test_the_digest_of_rest_covers_the_query(exchange: Any, zeep_referral: Any) -> None:
    inner = dict(zeep_referral["referral"])
    inner |= {
        "persons": inner["persons"]["person"],
        "grounds": inner["grounds"]["ground"],
        "assessment": None,
    }
    body = {"senderReference": "S-1", "version": 1, **inner}
    assert (await exchange.rest("POST", "/referrals", json=body)).status_code == 200
    assert (await exchange.rest("POST", "/referrals", json=body)).status_code == 200
    answer = await exchange.rest("POST", "/referrals?x=1", json=body)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:turvavork:problem:message-id-reused")


# The register refuses


@pytest.mark.parametrize(("mode", "code"), [("409", "referral-version-exists"), ("422", "referral-invalid")])
async def test_what_cases_refuses_is_released_and_erased(
    exchange: Any, golden: Any, mode: str, code: str
) -> None:
    exchange.cases.mode = mode
    exchange.cases.refusals = {
        "errors": [{"pointer": "/persons/1/birthDate", "code": "after-referral", "reason": "r"}]
    }
    answer = await exchange.soap(golden(REQUEST))
    assert refused(answer) == code
    assert b"/submitReferral/referral/persons/person[2]/birthDate" in answer.content
    (row,) = await exchange.rows("select * from inbox")
    assert (row["state"], row["reason"], row["acknowledged_at"]) == ("refused", code, None)
    assert (row["key_wrapped"], row["message_sealed"], row["referral_sealed"]) == (None, None, None)
    exchange.cases.mode = "ok"
    assert told(await exchange.soap(golden(REQUEST)))[1] == "AWAITING_SCREENING"
    assert sorted(await states(exchange)) == ["handed-over", "refused"]


async def test_a_refusal_of_two_at_once_releases_one_row(exchange: Any, golden: Any) -> None:
    exchange.cases.mode, exchange.cases.delay = "422", 0.02
    answers = await asyncio.gather(*(exchange.soap(golden(REQUEST)) for _ in range(5)))
    assert {refused(answer) for answer in answers} == {"referral-invalid"}
    assert set(await states(exchange)) == {"refused"}


# The register is away


@pytest.mark.parametrize("mode", ["down", "wrong"])
async def test_without_cases_the_answer_is_received_and_the_worker_hands_it_over(
    exchange: Any, golden: Any, mode: str
) -> None:
    exchange.cases.mode = mode
    reference, status = told(await exchange.soap(golden(REQUEST)))
    assert status == "RECEIVED"
    (row,) = await exchange.rows("select * from inbox")
    assert row["state"] == "received"
    assert row["acknowledged_at"] is not None
    await make_due(exchange)
    exchange.cases.mode = "ok"
    (settled,) = await work_off(exchange)
    assert isinstance(settled.progress, HandedOver)
    (taken,) = exchange.cases.taken.items()
    assert taken[0] == reference
    assert taken[1]["persons"][0]["personalCode"] == "48805042711"
    assert taken[1]["sender"]["client"] == "ee-dev/GOV/70008747/polis"
    assert told(await exchange.soap(golden(REQUEST))) == (reference, "AWAITING_SCREENING")


async def test_a_slow_register_is_waited_for_no_longer_than_the_budget(exchange: Any, golden: Any) -> None:
    exchange.cases.delay = 5
    async with asyncio.timeout(3):
        assert told(await exchange.soap(golden(REQUEST)))[1] == "RECEIVED"


async def test_repeating_what_waits_tries_again_at_once(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    first = told(await exchange.soap(golden(REQUEST)))
    exchange.cases.mode = "ok"
    assert told(await exchange.soap(golden(REQUEST))) == (first[0], "AWAITING_SCREENING")


@pytest.mark.parametrize("mode", ["409", "422"])
async def test_what_was_acknowledged_is_put_aside_and_not_released(
    exchange: Any, golden: Any, mode: str
) -> None:
    exchange.cases.mode = "down"
    reference, _ = told(await exchange.soap(golden(REQUEST)))
    await make_due(exchange)
    exchange.cases.mode = mode
    (settled,) = await work_off(exchange)
    assert isinstance(settled.progress, Quarantined)
    (row,) = await exchange.rows("select * from inbox")
    assert row["state"] == "quarantined"
    assert row["referral_sealed"] is not None
    assert told(await exchange.soap(golden(REQUEST))) == (reference, "RECEIVED")


async def test_an_acknowledged_referral_is_not_released_by_a_repetition(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    first = told(await exchange.soap(golden(REQUEST)))
    exchange.cases.mode = "422"
    assert told(await exchange.soap(golden(REQUEST))) == first
    assert await states(exchange) == ["quarantined"]


async def test_deferred_the_answer_is_received_at_once(start: Any, golden: Any) -> None:
    async with start(hand_over="deferred") as deferred:
        reference, status = told(await deferred.soap(golden(REQUEST)))
        assert (status, deferred.cases.calls) == ("RECEIVED", [])
        assert told(await deferred.soap(golden(REQUEST))) == (reference, "RECEIVED")
        assert deferred.cases.calls == []
        (row,) = await deferred.rows("select acknowledged_at, next_attempt_at <= now() as due from inbox")
        assert row["acknowledged_at"] is not None
        assert row["due"]
        (settled,) = await work_off(deferred)
        assert settled.reference == reference
        assert await states(deferred) == ["handed-over"]


# The worker


async def test_the_worker_leaves_alone_what_is_being_handed_over(exchange: Any, golden: Any) -> None:
    exchange.cases.delay = 0.2
    task = asyncio.create_task(exchange.soap(golden(REQUEST)))
    await asyncio.sleep(0.1)
    assert await states(exchange) == ["received"]
    assert await work_off(exchange) == []
    told(await task)


async def test_the_worker_never_releases(exchange: Any, golden: Any) -> None:
    """The process died after T1: nobody knows whether the sender was told of a success."""
    exchange.cases.mode = "down"
    await exchange.soap(golden(REQUEST))
    await exchange.rows("update inbox set acknowledged_at = null")
    await make_due(exchange)
    exchange.cases.mode = "422"
    (settled,) = await work_off(exchange)
    assert isinstance(settled.progress, Quarantined)


async def test_the_worker_repairs_a_lost_t2(
    exchange: Any, golden: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender was told what the register said; the process died before it was written down."""
    monkeypatch.setattr(Settler, "take", lambda *_: None)
    first = told(await exchange.soap(golden(REQUEST)))
    assert first[1] == "AWAITING_SCREENING"
    assert await states(exchange) == ["received"]
    assert told(await exchange.soap(golden(REQUEST))) == first
    await make_due(exchange)
    (settled,) = await work_off(exchange)
    assert (settled.reference, settled.status) == first
    assert len(exchange.cases.taken) == 1


async def test_outcomes_that_the_database_does_not_take_are_left_to_the_worker(
    exchange: Any, golden: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: Any) -> None:
        raise UpstreamUnavailable

    monkeypatch.setattr(inbox, "hand_over_many", gone)
    first = told(await exchange.soap(golden(REQUEST)))
    assert await states(exchange) == ["received"]
    monkeypatch.undo()
    await make_due(exchange)
    (settled,) = await work_off(exchange)
    assert (settled.reference, settled.status) == first


async def test_many_outcomes_are_written_in_few_transactions(exchange: Any, golden: Any) -> None:
    body = golden(REQUEST)
    bodies = [body.replace(OLD_ID, b"%012d" % n).replace(OLD_REFERENCE, b"PV-%d" % n) for n in range(30)]
    answers = await asyncio.gather(*(exchange.soap(each) for each in bodies))
    assert len({told(answer) for answer in answers}) == 30
    assert await states(exchange) == ["handed-over"] * 30
    rows = await exchange.rows("select objects from audit where action = 'update'")
    assert sum(len(row["objects"]) for row in rows) == 30
    assert len(rows) < 15


async def test_two_workers_share_what_is_due(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    for number in range(10):
        exchange.app.state.xroad.intake._cases._breaker.succeeded()
        await exchange.soap(
            golden(REQUEST).replace(OLD_ID, b"%012d" % number).replace(OLD_REFERENCE, b"PV-%d" % number)
        )
    await make_due(exchange)
    exchange.cases.mode, exchange.cases.delay = "ok", 0.05
    both = await asyncio.gather(work_off(exchange, 6), work_off(exchange, 6))
    assert sorted(map(len, both)) == [4, 6]
    assert len(exchange.cases.taken) == 10
    assert [method for method, _ in exchange.cases.calls[10:]] == ["PUT"] * 10


async def test_a_worker_that_woke_up_late_settles_nothing(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    await exchange.soap(golden(REQUEST))
    await make_due(exchange)
    permit = exchange.app.state.policy.permit(
        Caller.system("worker:intake", "exchange"), "hand_over_referral", "intake"
    )
    async with exchange.app.state.database.work(permit, str(uuid4())) as work:
        (late,) = await inbox.claim(work, limit=1, lease=timedelta(seconds=0))
        (later,) = await inbox.claim(work, limit=1, lease=timedelta(seconds=30))
        assert await inbox.claim(work, limit=1, lease=timedelta(seconds=30)) == []
    assert (late.fence, later.fence, later.attempts) == (1, 2, 2)
    exchange.cases.mode = "ok"
    assert await repair(exchange).hand_over(permit, late, str(uuid4())) is None
    assert await states(exchange) == ["received"]
    assert await repair(exchange).hand_over(permit, later, str(uuid4())) is not None


async def test_the_worker_waits_longer_after_each_failure(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    await exchange.soap(golden(REQUEST))
    for attempt in range(1, 5):
        await make_due(exchange)
        assert await work_off(exchange) == [None]
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
        await make_due(exchange)
        exchange.app.state.xroad.intake._cases._breaker.succeeded()
        assert await work_off(exchange) == [None]
    await make_due(exchange)
    (settled,) = await work_off(exchange)
    assert settled.progress == Quarantined("case-register-wrong")


async def test_a_changed_seal_waits_for_a_person(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    await exchange.soap(golden(REQUEST))
    await exchange.rows(
        "update inbox set referral_sealed = set_byte(referral_sealed, 40, get_byte(referral_sealed, 40) # 1)"
    )
    await make_due(exchange)
    exchange.cases.mode = "ok"
    (settled,) = await work_off(exchange)
    assert settled.progress == Quarantined("seal-broken")
    assert exchange.cases.taken == {}


async def test_a_person_has_it_tried_again(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    reference, _ = told(await exchange.soap(golden(REQUEST)))
    await make_due(exchange)
    exchange.cases.mode = "422"
    await work_off(exchange)
    permit = exchange.app.state.policy.permit(
        Caller.system("worker:intake", "exchange"), "hand_over_referral", "intake"
    )
    (row,) = await exchange.rows("select id from inbox")
    async with exchange.app.state.database.work(permit, str(uuid4())) as work:
        assert await inbox.redrive(work, row["id"])
        assert not await inbox.redrive(work, row["id"])
    exchange.cases.mode = "ok"
    (settled,) = await work_off(exchange)
    assert (settled.reference, settled.status) == (reference, "AWAITING_SCREENING")


# The database is away


@pytest.mark.parametrize("call", [1, 2], ids=["T1", "T2"])
async def test_without_a_commit_there_is_no_acknowledgement(
    exchange: Any, golden: Any, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    exchange.cases.mode = "down"
    calls = 0
    real = Database.work

    def work(self: Database, permit: Any, request_id: str) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            raise UpstreamUnavailable(headers={"Retry-After": "2"})
        return real(self, permit, request_id)

    monkeypatch.setattr(Database, "work", work)
    answer = await exchange.soap(golden(REQUEST))
    assert answer.status_code == 500
    assert "env:Server.upstream_unavailable" in answer.text
    assert b"<reference>" not in answer.content
    monkeypatch.undo()
    exchange.cases.mode = "ok"
    reference, status = told(await exchange.soap(golden(REQUEST)))
    assert status == "AWAITING_SCREENING"
    assert list(exchange.cases.taken) == [reference]
    assert await states(exchange) == ["handed-over"]


async def test_over_rest_it_is_503_with_a_time_to_come_again(
    exchange: Any, zeep_referral: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: Any) -> Any:
        raise UpstreamUnavailable(headers={"Retry-After": "2"})

    monkeypatch.setattr(Database, "work", work)
    inner = dict(zeep_referral["referral"])
    inner |= {
        "persons": inner["persons"]["person"],
        "grounds": inner["grounds"]["ground"],
        "assessment": None,
    }
    body = json.dumps({"senderReference": "S-1", "version": 1, **inner})
    headers = {"content-type": "application/json"}
    answer = await exchange.rest("POST", "/referrals", content=body, headers=headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
