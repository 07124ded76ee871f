"""T1, the hand-over, T2: duplicates, conflicts, a register or a database that is away, the worker."""

import asyncio
import json
from typing import Any

import pytest

from services.exchange.model.inbox import HandedOver, Quarantined
from services.kit.db import Database
from services.kit.problem import UpstreamUnavailable

REQUEST = "submitReferral.request.xml"
OLD_ID, OLD_REFERENCE = b"3e5d1f2a6b80", b"PV-2017-001203"


# The same message again


async def test_the_same_message_again_has_one_effect_and_tells_the_present_status(
    exchange: Any, golden: Any
) -> None:
    first = exchange.told(await exchange.soap(golden(REQUEST)))
    exchange.cases.status, exchange.cases.changed_at = "ACCEPTED", "2017-05-05T08:00:00Z"
    again = await exchange.soap(golden(REQUEST))
    assert exchange.told(again) == (first[0], "ACCEPTED")
    assert b"2017-05-05T08:00:00Z" in again.content
    assert await exchange.states() == ["handed-over"]
    assert [method for method, _ in exchange.cases.calls] == ["PUT", "GET"]
    (row,) = await exchange.rows("select status from inbox")
    assert row["status"] == "ACCEPTED"


async def test_a_byte_order_mark_makes_no_other_message(exchange: Any, golden: Any) -> None:
    body = golden(REQUEST)
    assert exchange.told(await exchange.soap(body)) == exchange.told(
        await exchange.soap(b"\xef\xbb\xbf" + body)
    )


@pytest.mark.parametrize("many", [2, 8])
async def test_the_same_message_many_times_at_once_is_one_row_and_all_are_answered(
    exchange: Any, golden: Any, many: int
) -> None:
    """INV-3: one effect of a client and an id."""
    exchange.cases.delay = 0.02
    answers = await asyncio.gather(*(exchange.soap(golden(REQUEST)) for _ in range(many)))
    assert len({exchange.told(answer) for answer in answers}) == 1
    assert await exchange.states() == ["handed-over"]
    assert len(exchange.cases.taken) == 1


async def test_another_client_may_use_the_same_id(exchange: Any, golden: Any) -> None:
    body = golden(REQUEST)
    other = body.replace(b"70008747", b"70009770").replace(b">polis<", b">star<")
    assert exchange.told(await exchange.soap(body))[0] != exchange.told(await exchange.soap(other))[0]
    assert len(await exchange.states()) == 2


async def test_the_same_id_with_other_content_is_refused_and_an_incident(exchange: Any, golden: Any) -> None:
    """INV-4: and the first message is untouched."""
    body = golden(REQUEST)
    first = exchange.told(await exchange.soap(body))
    other = await exchange.soap(body.replace(b"Naabrid kutsusid", b"Keegi kutsus"))
    assert other.status_code == 500
    assert "env:Client.message_id_reused" in other.text
    (incident,) = await exchange.rows("select * from incident")
    (row,) = await exchange.rows("select id, digest from inbox")
    assert (incident["kind"], incident["inbox_id"]) == ("message-id-reused", row["id"])
    assert incident["digest"] != row["digest"]
    actions = [row["action"] for row in await exchange.rows("select action from audit")]
    assert sorted(actions) == ["create", "disclose", "receive", "refuse"]
    assert exchange.told(await exchange.soap(body)) == first


async def test_of_two_contents_at_once_one_is_taken_and_the_other_refused(exchange: Any, golden: Any) -> None:
    body = golden(REQUEST)
    bodies = [body, body.replace(b"Naabrid kutsusid", b"Keegi kutsus")]
    answers = await asyncio.gather(*(exchange.soap(each) for each in bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 500]
    assert len(await exchange.rows("select 1 from incident")) == 1
    assert await exchange.states() == ["handed-over"]


async def test_a_version_that_cases_knows_keeps_its_earlier_reference(exchange: Any, golden: Any) -> None:
    first = exchange.told(await exchange.soap(golden(REQUEST)))
    again = exchange.told(await exchange.soap(golden(REQUEST).replace(OLD_ID, b"3e5d1f2a6b81")))
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
    assert exchange.refused(answer) == code
    assert b"/submitReferral/referral/persons/person[2]/birthDate" in answer.content
    (row,) = await exchange.rows("select * from inbox")
    assert (row["state"], row["reason"], row["acknowledged_at"]) == ("refused", code, None)
    assert (row["key_wrapped"], row["message_sealed"], row["referral_sealed"]) == (None, None, None)
    exchange.cases.mode = "ok"
    assert exchange.told(await exchange.soap(golden(REQUEST)))[1] == "AWAITING_SCREENING"
    assert sorted(await exchange.states()) == ["handed-over", "refused"]


async def test_a_refusal_of_two_at_once_releases_one_row(exchange: Any, golden: Any) -> None:
    exchange.cases.mode, exchange.cases.delay = "422", 0.02
    answers = await asyncio.gather(*(exchange.soap(golden(REQUEST)) for _ in range(5)))
    assert {exchange.refused(answer) for answer in answers} == {"referral-invalid"}
    assert set(await exchange.states()) == {"refused"}


# The register is away


@pytest.mark.parametrize("mode", ["down", "wrong"])
async def test_without_cases_the_answer_is_received_and_the_worker_hands_it_over(
    exchange: Any, golden: Any, mode: str
) -> None:
    exchange.cases.mode = mode
    reference, status = exchange.told(await exchange.soap(golden(REQUEST)))
    assert status == "RECEIVED"
    (row,) = await exchange.rows("select * from inbox")
    assert row["state"] == "received"
    assert row["acknowledged_at"] is not None
    await exchange.make_due()
    exchange.cases.mode = "ok"
    (settled,) = await exchange.work_off()
    assert isinstance(settled.progress, HandedOver)
    (taken,) = exchange.cases.taken.items()
    assert taken[0] == reference
    assert taken[1]["persons"][0]["personalCode"] == "48805042711"
    assert taken[1]["sender"]["client"] == "ee-dev/GOV/70008747/polis"
    assert exchange.told(await exchange.soap(golden(REQUEST))) == (reference, "AWAITING_SCREENING")


async def test_a_slow_register_is_waited_for_no_longer_than_the_budget(exchange: Any, golden: Any) -> None:
    exchange.cases.delay = 5
    async with asyncio.timeout(3):
        assert exchange.told(await exchange.soap(golden(REQUEST)))[1] == "RECEIVED"


async def test_repeating_what_waits_tries_again_at_once(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    first = exchange.told(await exchange.soap(golden(REQUEST)))
    exchange.cases.mode = "ok"
    assert exchange.told(await exchange.soap(golden(REQUEST))) == (first[0], "AWAITING_SCREENING")


@pytest.mark.parametrize("mode", ["409", "422"])
async def test_what_was_acknowledged_is_put_aside_and_not_released(
    exchange: Any, golden: Any, mode: str
) -> None:
    exchange.cases.mode = "down"
    reference, _ = exchange.told(await exchange.soap(golden(REQUEST)))
    await exchange.make_due()
    exchange.cases.mode = mode
    (settled,) = await exchange.work_off()
    assert isinstance(settled.progress, Quarantined)
    (row,) = await exchange.rows("select * from inbox")
    assert row["state"] == "quarantined"
    assert row["referral_sealed"] is not None
    assert exchange.told(await exchange.soap(golden(REQUEST))) == (reference, "RECEIVED")


async def test_an_acknowledged_referral_is_not_released_by_a_repetition(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    first = exchange.told(await exchange.soap(golden(REQUEST)))
    exchange.cases.mode = "422"
    assert exchange.told(await exchange.soap(golden(REQUEST))) == first
    assert await exchange.states() == ["quarantined"]


async def test_deferred_the_answer_is_received_at_once(start: Any, golden: Any) -> None:
    async with start(hand_over="deferred") as deferred:
        reference, status = deferred.told(await deferred.soap(golden(REQUEST)))
        assert (status, deferred.cases.calls) == ("RECEIVED", [])
        assert deferred.told(await deferred.soap(golden(REQUEST))) == (reference, "RECEIVED")
        assert deferred.cases.calls == []
        (row,) = await deferred.rows("select acknowledged_at, next_attempt_at <= now() as due from inbox")
        assert row["acknowledged_at"] is not None
        assert row["due"]
        (settled,) = await deferred.work_off()
        assert settled.reference == reference
        assert await deferred.states() == ["handed-over"]


# More come than the register takes at once


def _others(body: bytes, many: int) -> list[bytes]:
    return [body.replace(OLD_ID, b"%012d" % n).replace(OLD_REFERENCE, b"PV-%d" % n) for n in range(many)]


async def test_who_finds_no_place_is_told_received_at_once_and_the_worker_hands_it_over(
    start: Any, golden: Any
) -> None:
    async with start(hand_over_places=2, hand_over_budget=5) as exchange:
        exchange.cases.delay = 0.3
        answers = await asyncio.gather(*(exchange.soap(each) for each in _others(golden(REQUEST), 9)))
        told = [exchange.told(answer) for answer in answers]
        assert sorted(status for _, status in told) == ["AWAITING_SCREENING"] * 2 + ["RECEIVED"] * 7
        assert len(exchange.cases.taken) == 2
        due = await exchange.rows(
            "select 1 from inbox where acknowledged_at is not null and next_attempt_at <= now()"
        )
        assert len(due) == 7
        await exchange.work_off(9)
        assert set(exchange.cases.taken) == {reference for reference, _ in told}
        exchange.cases.delay = 0
        (again,) = [exchange.told(await exchange.soap(each)) for each in _others(golden(REQUEST), 1)]
        assert again == (told[0][0], "AWAITING_SCREENING")  # a place is free again


async def test_a_repetition_that_is_told_received_keeps_the_first_from_being_released(
    start: Any, golden: Any
) -> None:
    async with start(hand_over_places=1, hand_over_budget=5) as exchange:
        exchange.cases.mode, exchange.cases.delay = "422", 0.5
        first = asyncio.create_task(exchange.soap(golden(REQUEST)))
        while not exchange.cases.calls:  # noqa: ASYNC110 - the register of this test offers no event
            await asyncio.sleep(0.01)
        reference, status = exchange.told(await exchange.soap(golden(REQUEST)))
        assert status == "RECEIVED"
        assert exchange.told(await first) == (reference, "RECEIVED")
        assert await exchange.states() == ["quarantined"]


async def test_what_comes_during_a_call_goes_in_one_with_the_request_of_each(start: Any, golden: Any) -> None:
    async with start(hand_over_places=8, hand_over_budget=5) as exchange:
        exchange.cases.delay = 0.3
        answers = await asyncio.gather(*(exchange.soap(each) for each in _others(golden(REQUEST), 8)))
        assert {exchange.told(answer)[1] for answer in answers} == {"AWAITING_SCREENING"}
        assert len(exchange.cases.calls) < 8
        assert len(exchange.cases.taken) == 8
        asked = [one for one in exchange.cases.items if "requestId" in one]
        rows = await exchange.rows("select reference, request_id::text from inbox")
        known = {row["reference"]: row["request_id"] for row in rows}
        assert asked
        assert all(one["requestId"] == known[one["reference"]] for one in asked)


async def test_who_waits_for_the_call_of_others_waits_no_longer_than_the_budget(
    start: Any, golden: Any
) -> None:
    async with start(hand_over_places=8, hand_over_budget=0.4) as exchange:
        exchange.cases.delay = 5
        began = asyncio.get_running_loop().time()
        answers = await asyncio.gather(*(exchange.soap(each) for each in _others(golden(REQUEST), 4)))
        assert {exchange.told(answer)[1] for answer in answers} == {"RECEIVED"}
        assert asyncio.get_running_loop().time() - began < 5


async def test_messages_that_come_at_once_are_stored_together(start: Any, golden: Any) -> None:
    async with start(hand_over="deferred") as exchange:
        await asyncio.gather(*(exchange.soap(each) for each in _others(golden(REQUEST), 20)))
        (count,) = await exchange.rows("select count(distinct xmin::text) as n from inbox")
        assert count["n"] < 10
        rows = await exchange.rows("select request_id from audit where action = 'receive'")
        assert len({row["request_id"] for row in rows}) == 20


async def test_of_two_contents_in_one_group_one_is_taken_and_the_other_refused(
    start: Any, golden: Any
) -> None:
    body = golden(REQUEST)
    other = body.replace(b"Naabrid kutsusid", b"Keegi kutsus")
    async with start(hand_over="deferred") as exchange:
        answers = await asyncio.gather(*(exchange.soap(each) for each in (body, body, other, other, body)))
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 500, 500]
        assert len(await exchange.rows("select 1 from incident")) == 2
        assert len(await exchange.states()) == 1


# The database is away


@pytest.mark.parametrize("call", [1, 2], ids=["T1", "T2"])
async def test_without_a_commit_there_is_no_acknowledgement(
    exchange: Any, golden: Any, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    """INV-2: a failure is told as one, and the same message again is taken."""
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
    reference, status = exchange.told(await exchange.soap(golden(REQUEST)))
    assert status == "AWAITING_SCREENING"
    assert list(exchange.cases.taken) == [reference]
    assert await exchange.states() == ["handed-over"]


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
