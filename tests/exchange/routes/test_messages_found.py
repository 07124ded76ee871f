"""Finding messages by what an operator has in hand, having many tried again, and the bytes for an auditor."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.exchange.model.outbox import Rendered

POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"
AT = datetime(2017, 5, 4, 12, 0, tzinfo=UTC)
OTHER = "TV-7K3M-9Q2X-4D8R-W6HF-5"


async def found(desk: Any, **params: str) -> list[str]:
    answer = await desk.ask("/messages", params=params)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


async def redrive(desk: Any, *, dry: bool = False, key: str | None = None, **words: Any) -> tuple[int, int]:
    headers = {"Idempotency-Key": key} if key else {}
    body = {"dryRun": dry, **words}
    answer = await desk.ask("/messages/redrive", method="POST", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["dryRun"] is dry
    return told["matching"], told["redriven"]


async def test_a_message_is_found_by_each_of_its_ids(desk: Any, golden: Any) -> None:
    await desk.running.soap(golden("submitReferral.request.xml"))
    out = await desk.put(at=AT + timedelta(seconds=1))
    await desk.put(at=AT + timedelta(seconds=2))
    await desk.running.rows("update inbox set xroad_request_id = 'r-1'")
    (row,) = await desk.running.rows("select id, message_id from inbox")
    for sought in (str(row["id"]), row["message_id"], "r-1"):
        assert await found(desk, id=sought) == [str(row["id"])]
    for sought in (str(out), str(out).upper()):
        assert await found(desk, id=sought) == [str(out)]
    for sought in ("r-2", str(uuid4()), "%", f"{row['message_id']}%"):
        assert await found(desk, id=sought) == []
    assert await found(desk, id=str(out), direction="in") == []


async def test_the_ids_that_partners_know_stand_with_the_message(desk: Any, golden: Any) -> None:
    await desk.running.soap(golden("submitReferral.request.xml"))
    await desk.running.rows("update inbox set xroad_request_id = 'r-1'")
    (item,) = (await desk.ask("/messages")).json()["items"]
    (row,) = await desk.running.rows("select message_id from inbox")
    assert (item["messageId"], item["xroadRequestId"]) == (row["message_id"], "r-1")


async def test_a_time_is_from_its_first_moment_to_before_its_last(desk: Any) -> None:
    made = [str(await desk.put(at=AT + timedelta(seconds=number))) for number in range(4)]
    assert await found(desk, **{"from": "2017-05-04T12:00:01Z", "to": "2017-05-04T15:00:03+03:00"}) == [
        made[2],
        made[1],
    ]
    assert await found(desk, **{"from": "2017-05-04T12:00:03Z"}) == [made[3]]
    assert await found(desk, to="2017-05-04T12:00:01Z") == [made[0]]


async def test_a_reason_finds_those_that_wait_for_it(desk: Any) -> None:
    await desk.put(state="quarantined")
    other = await desk.put(state="quarantined", reason="access-denied", at=AT + timedelta(seconds=1))
    assert await found(desk, reason="access-denied") == [str(other)]


@pytest.mark.parametrize(
    "params", [{"id": ""}, {"id": "x" * 256}, {"from": "today"}, {"to": "2017-05-04"}, {"reason": "A b"}]
)
async def test_a_search_for_what_cannot_be_is_refused(desk: Any, params: dict[str, str]) -> None:
    assert (await desk.ask("/messages", params=params)).status_code == 422


async def test_pages_of_a_search_follow_each_other(desk: Any, golden: Any) -> None:
    """Both directions, with every word of the filter that can be said of both."""
    await desk.running.soap(golden("submitReferral.request.xml"))
    made = {str(await desk.put(at=AT + timedelta(seconds=number // 2))) for number in range(5)}
    await desk.put(reference=OTHER)
    params = {"limit": "2", "partner": POLIS, "from": "2017-05-04T11:00:00Z", "to": "2017-05-04T13:00:00Z"}
    seen: list[str] = []
    cursor = None
    for _ in range(6):
        page = (await desk.ask("/messages", params=params | ({"cursor": cursor} if cursor else {}))).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 7
    assert made < set(seen)


async def test_many_are_tried_again_after_they_were_counted(desk: Any) -> None:
    """The oldest first, no more than was said, each in its place; what does not match stays."""
    stream = uuid4()
    first = await desk.put(state="quarantined", stream=stream, at=AT - timedelta(days=1))
    await desk.put(number=2, stream=stream)
    for number in range(4):
        await desk.put(state="quarantined", at=AT + timedelta(seconds=number))
    other = await desk.put(state="quarantined", reason="access-denied")
    star = await desk.put(state="quarantined", partner=STAR)
    wanted = {"partner": POLIS, "reason": "partner-refused", "to": "2017-05-05T00:00:00Z"}
    assert await redrive(desk, dry=True, **wanted) == (5, 0)
    assert len(await found(desk, state="quarantined")) == 7
    assert await redrive(desk, most=2, **wanted) == (5, 2)
    assert str(first) in await found(desk, state="waiting")
    queue = await desk.running.rows("select state, head from outbox_queue where stream = $1", stream)
    assert queue == [{"state": "due", "head": 1}]
    assert await redrive(desk, **wanted) == (3, 3)
    assert sorted(await found(desk, state="quarantined")) == sorted([str(other), str(star)])
    assert await redrive(desk) == (2, 2)
    assert await redrive(desk) == (0, 0)


async def test_incoming_ones_are_among_them(desk: Any, golden: Any) -> None:
    desk.running.cases.mode = "down"
    await desk.running.soap(golden("submitReferral.request.xml"))
    await desk.running.rows(
        """update inbox set state = 'quarantined', reason = 'referral-invalid', next_attempt_at = null,
               settled_at = now()"""
    )
    assert await redrive(desk, direction="out") == (0, 0)
    assert await redrive(desk, direction="in", reason="referral-invalid") == (1, 1)
    assert await desk.running.states() == ["received"]


async def test_a_redrive_of_many_that_is_sent_again_is_done_once(desk: Any) -> None:
    await desk.put(state="quarantined")
    assert await redrive(desk, key="k-1") == (1, 1)
    await desk.running.rows("update outbox set state = 'quarantined', reason = 'partner-failed'")
    assert await redrive(desk, key="k-1") == (1, 1)
    assert await desk.running.rows("select state from outbox") == [{"state": "quarantined"}]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/dryRun"),
        ({"dryRun": 1}, "/dryRun"),
        ({"dryRun": False, "most": 501}, "/most"),
        ({"dryRun": False, "most": 0}, "/most"),
        ({"dryRun": False, "from": "yesterday"}, "/from"),
        ({"dryRun": False, "reference": "x"}, "/reference"),
        ({"dryRun": False, "direction": "up"}, "/direction"),
        ({"dryRun": False, "state": "waiting"}, ""),
    ],
)
async def test_a_redrive_of_who_knows_what_is_refused(desk: Any, body: Any, pointer: str) -> None:
    await desk.put(state="quarantined")
    answer = await desk.ask("/messages/redrive", method="POST", json=body)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert len(await found(desk, state="quarantined")) == 1


async def test_who_redrives_many_may_decide_and_leaves_a_row(desk: Any) -> None:
    await desk.put(state="quarantined")
    for role, purpose in (("auditor", "accountability"), ("coordinator", "operations")):
        refused = await desk.ask("/messages/redrive", role, "POST", purpose, json={"dryRun": False})
        assert refused.status_code == 403
    await redrive(desk)
    rows = await desk.running.rows(
        "select action, decision, cardinality(objects) from audit where operation = 'redrive_messages'"
    )
    assert ("update", "allow", 1) in {tuple(row.values()) for row in rows}


async def test_an_auditor_sees_what_was_said_to_the_byte(desk: Any, golden: Any) -> None:
    sent = golden("submitReferral.request.xml")
    await desk.running.soap(sent)
    (row,) = await desk.running.rows("select id from inbox")
    answer = await desk.ask(f"/messages/{row['id']}/raw", "auditor", purpose="accountability")
    assert answer.status_code == 200
    assert answer.content == sent
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.headers.get_list("cache-control") == ["no-store"]
    assert answer.headers["content-disposition"] == "attachment"
    rows = await desk.running.rows(
        "select action, purpose, rule_id, fields from audit where operation = 'get_raw_message'"
    )
    assert [(row["action"], row["purpose"], row["rule_id"]) for row in rows] == [
        ("read", "accountability", "messages-raw")
    ]
    assert "narrative" in rows[0]["fields"]


async def test_rest_messages_keep_their_content_type(desk: Any, referral: Any) -> None:
    body = json.dumps(referral).encode()
    taken = await desk.running.rest(
        "POST", "/referrals", content=body, headers={"content-type": "application/json"}
    )
    assert taken.status_code < 300, taken.text
    (row,) = await desk.running.rows("select id from inbox")
    answer = await desk.ask(f"/messages/{row['id']}/raw", "auditor", purpose="accountability")
    assert (answer.content, answer.headers["content-type"]) == (body, "application/json")


async def test_what_went_out_is_shown_as_it_went(desk: Any) -> None:
    message, body = await desk.put(), b"--b\r\n\r\n<x/>\r\n--b--"
    rendered = Rendered("soap", "POST", "/", 'multipart/related; boundary="b"', body)
    sealed = desk.running.app.state.originals._bodies.seal(message, rendered).sealed
    await desk.running.rows(
        "update outbox set digest = $2, key_id = $3, key_wrapped = $4, body_sealed = $5, content_type = $6"
        " where id = $1",
        message, sealed.digest, sealed.key_id, sealed.key_wrapped, sealed.body, rendered.content_type,
    )  # fmt: skip
    answer = await desk.ask(f"/messages/{message}/raw", "auditor", purpose="accountability")
    assert (answer.content, answer.headers["content-type"]) == (body, rendered.content_type)


@pytest.mark.parametrize(
    ("role", "purpose", "status"),
    [
        ("auditor", "supervision", 403),
        ("auditor", "operations", 403),
        ("operator", "operations", 403),
        ("operator", "accountability", 403),
        ("coordinator", "accountability", 403),
        ("programme-officer", "accountability", 403),
    ],
)
async def test_nobody_else_sees_it(desk: Any, golden: Any, role: str, purpose: str, status: int) -> None:
    await desk.running.soap(golden("submitReferral.request.xml"))
    (row,) = await desk.running.rows("select id from inbox")
    answer = await desk.ask(f"/messages/{row['id']}/raw", role, purpose=purpose)
    assert answer.status_code == status
    assert b"Envelope" not in answer.content


async def test_what_is_not_kept_or_was_changed_is_said_so(desk: Any, golden: Any) -> None:
    auditor = {"role": "auditor", "purpose": "accountability"}
    unsaid = await desk.put()  # its content has not been fetched
    answer = await desk.ask(f"/messages/{unsaid}/raw", **auditor)
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:turvavork:problem:message-not-kept")
    await desk.running.soap(golden("submitReferral.request.xml"))
    await desk.running.rows("update inbox set message_sealed = message_sealed || '\\x00'::bytea")
    (row,) = await desk.running.rows("select id from inbox")
    answer = await desk.ask(f"/messages/{row['id']}/raw", **auditor)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:turvavork:problem:message-unreadable")
    assert (await desk.ask(f"/messages/{uuid4()}/raw", **auditor)).status_code == 404
