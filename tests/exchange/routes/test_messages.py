from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"
AT = datetime(2017, 5, 4, 12, 0, tzinfo=UTC)
REFERENCES = ("TV-0123-4567-89AB-CDEF-0", "TV-7K3M-9Q2X-4D8R-W6HF-5")


async def test_an_operator_sees_where_a_message_stands_and_why(desk: Any) -> None:
    message = await desk.put(state="quarantined")
    answer = await desk.ask("/messages")
    assert answer.status_code == 200
    (item,) = answer.json()["items"]
    assert item == {
        "id": str(message),
        "direction": "out",
        "partner": POLIS,
        "messageId": str(message),
        "xroadRequestId": None,
        "kind": "caseNotice",
        "protocol": "soap",
        "reference": REFERENCES[0],
        "stream": item["stream"],
        "number": 1,
        "state": "quarantined",
        "reason": item["reason"],
        "at": "2017-05-04T12:00:00Z",
        "settledAt": None,
        "nextTryAt": None,
        "tries": 1,
        "code": "NO",
    }
    assert item["reason"]["code"] == "partner-refused"
    assert all(item["reason"][language] for language in ("et", "ru", "en"))
    assert answer.json()["next"] is None


async def test_incoming_and_outgoing_messages_are_in_one_list(desk: Any, golden: Any) -> None:
    await desk.running.soap(golden("submitReferral.request.xml"))
    await desk.put(at=AT + timedelta(seconds=1))
    both = (await desk.ask("/messages")).json()["items"]
    assert [(one["direction"], one["state"]) for one in both] == [("out", "waiting"), ("in", "handed-over")]
    for direction in ("in", "out"):
        found = (await desk.ask("/messages", params={"direction": direction})).json()["items"]
        assert [one["direction"] for one in found] == [direction]


async def test_no_message_shows_what_it_says(desk: Any, golden: Any) -> None:
    """No name, no personal code, no sender's reference: the golden message holds them all."""
    await desk.running.soap(golden("submitReferral.request.xml"))
    (item,) = (await desk.ask("/messages")).json()["items"]
    one = (await desk.ask(f"/messages/{item['id']}")).json()
    sender_reference = (await desk.running.rows("select sender_reference from inbox"))[0]["sender_reference"]
    assert sender_reference not in str(one) + str(item)
    assert set(one) == {*item, "history"}


async def test_a_search_is_exact(desk: Any) -> None:
    await desk.put()
    star = await desk.put(partner=STAR, reference=REFERENCES[1], state="quarantined")
    for params in (
        {"partner": STAR},
        {"reference": REFERENCES[1]},
        {"state": "quarantined"},
        {"state": "quarantined", "partner": STAR, "direction": "out"},
    ):
        found = (await desk.ask("/messages", params=params)).json()["items"]
        assert [one["id"] for one in found] == [str(star)]
    assert (await desk.ask("/messages", params={"partner": "x"})).json()["items"] == []


async def test_pages_follow_each_other_without_gap(desk: Any) -> None:
    """Several at the same moment, on both sides of a page's end."""
    made = [await desk.put(at=AT + timedelta(seconds=number // 3)) for number in range(8)]
    found: list[str] = []
    cursor = None
    for _ in range(10):
        params = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = (await desk.ask("/messages", params=params)).json()
        found += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(found) == sorted(map(str, made))
    assert len(found) == 8


@pytest.mark.parametrize("cursor", ["x", "1.x", f"99999999999999999.{UUID(int=1)}", f"-1.{UUID(int=1)}"])
async def test_a_cursor_that_is_none_is_refused(desk: Any, cursor: str) -> None:
    assert (await desk.ask("/messages", params={"cursor": cursor})).status_code == 422


async def test_a_message_that_was_put_aside_is_sent_again(desk: Any) -> None:
    message = await desk.put(state="quarantined")
    answer = await desk.ask(f"/messages/{message}/redrive", method="POST")
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["reason"]) == ("waiting", None)
    queue = await desk.running.rows("select state, head from outbox_queue")
    assert queue == [{"state": "due", "head": 1}]
    again = await desk.ask(f"/messages/{message}/redrive", method="POST")
    assert (again.status_code, again.json()["type"]) == (409, "urn:turvavork:problem:message-not-put-aside")


async def test_a_redrive_that_is_sent_again_is_done_once(desk: Any) -> None:
    message = await desk.put(state="quarantined")
    for _ in range(2):
        answer = await desk.ask(
            f"/messages/{message}/redrive", method="POST", headers={"Idempotency-Key": "k-1"}
        )
        assert answer.status_code == 200
    assert await desk.running.rows("select version from outbox") == [{"version": 2}]


async def test_a_skipped_message_frees_the_one_behind_it(desk: Any) -> None:
    stream = uuid4()
    first = await desk.put(state="quarantined", stream=stream)
    await desk.put(number=2, stream=stream)
    answer = await desk.ask(f"/messages/{first}/skip", method="POST", json={"reason": "told-otherwise"})
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["reason"]["code"]) == ("skipped", "told-otherwise")
    assert await desk.running.rows("select state, head from outbox_queue") == [{"state": "due", "head": 2}]


async def test_a_refused_referral_can_be_tried_again_and_not_skipped(desk: Any, golden: Any) -> None:
    desk.running.cases.mode = "down"
    await desk.running.soap(golden("submitReferral.request.xml"))
    await desk.running.rows(
        """update inbox set state = 'quarantined', reason = 'referral-invalid', next_attempt_at = null,
               settled_at = now()"""
    )
    (item,) = (await desk.ask("/messages")).json()["items"]
    assert item["reason"]["code"] == "referral-invalid"
    skip = await desk.ask(f"/messages/{item['id']}/skip", method="POST", json={"reason": "told-otherwise"})
    assert skip.status_code == 409
    assert (await desk.ask(f"/messages/{item['id']}/redrive", method="POST")).json()["state"] == "received"


async def test_the_history_of_a_message_tells_its_tries(desk: Any) -> None:
    message = await desk.put(state="quarantined")
    await desk.running.rows(
        """insert into outbox_try
               (message_id, number, ended_at, duration_ms, outcome, origin, code, status, fence)
           values ($1, 1, $2, 12, 'quarantined', 'business', 'NO', null, 1)""",
        message,
        AT,
    )
    (tried,) = (await desk.ask(f"/messages/{message}")).json()["history"]
    assert tried == {
        "number": 1,
        "endedAt": "2017-05-04T12:00:00Z",
        "durationMs": 12,
        "outcome": "quarantined",
        "origin": "business",
        "code": "NO",
        "status": None,
    }


@pytest.mark.parametrize(
    ("role", "purpose", "read", "change"),
    [
        ("operator", "operations", 200, 200),
        ("operator", "supervision", 200, 403),
        ("auditor", "supervision", 200, 403),
        ("auditor", "accountability", 200, 403),
        ("operator", "case-work", 403, 403),
        ("operator", "statistics", 422, 422),
        ("coordinator", "operations", 403, 403),
        ("agency-member", "operations", 403, 403),
        ("chair", "operations", 403, 403),
        ("support-person", "operations", 403, 403),
        ("programme-officer", "supervision", 403, 403),
    ],
)
async def test_who_may_look_and_who_may_decide(
    desk: Any, role: str, purpose: str, read: int, change: int
) -> None:
    message = await desk.put(state="quarantined")
    for path in ("/messages", f"/messages/{message}"):
        assert (await desk.ask(path, role, purpose=purpose)).status_code == read
    answer = await desk.ask(f"/messages/{message}/redrive", role, "POST", purpose)
    assert answer.status_code == change


async def test_without_a_token_nobody_sees_anything(desk: Any) -> None:
    assert (await desk.ask("/messages", headers={"Authorization": ""})).status_code == 401


@pytest.mark.parametrize("verb", ["", "/redrive", "/skip"])
async def test_an_unknown_message_is_not_found(desk: Any, verb: str) -> None:
    method = "POST" if verb else "GET"
    body = {"json": {"reason": "told-otherwise"}} if verb == "/skip" else {}
    assert (await desk.ask(f"/messages/{uuid4()}{verb}", method=method, **body)).status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"reason": "because"}, {"reason": "told-otherwise", "note": "Mari"}, []]
)
async def test_a_skip_says_one_of_the_known_reasons(desk: Any, body: Any) -> None:
    message = await desk.put(state="quarantined")
    answer = await desk.ask(f"/messages/{message}/skip", method="POST", json=body)
    assert answer.status_code == 422
    assert "Mari" not in answer.text


async def test_reading_and_deciding_leave_their_rows(desk: Any) -> None:
    message = await desk.put(state="quarantined")
    await desk.ask(f"/messages/{message}")
    await desk.ask(f"/messages/{message}/redrive", method="POST")
    rows = await desk.running.rows(
        "select operation, action, rule_id from audit order by recorded_at, action"
    )
    assert {(row["operation"], row["action"], row["rule_id"]) for row in rows} == {
        ("get_message", "read", "messages-read"),
        ("redrive_message", "update", "messages-decide"),
        ("redrive_message", "read", "messages-decide"),
    }
