from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.kit import keys
from services.kit.policy import Appointment
from services.kit.tokens.signing import DEVELOPMENT_ISSUER, AccessTokenIssuer

POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"
AT = datetime(2017, 5, 4, 12, 0, tzinfo=UTC)
REFERENCES = ("TV-0123-4567-89AB-CDEF-0", "TV-7K3M-9Q2X-4D8R-W6HF-5")


class Offices:
    """Appointments by subject: the subject of a token is the role."""

    async def of(self, identity: Any) -> tuple[Appointment, ...]:
        roles = {"coordinator": Appointment("coordinator", {"region": "polva"})}
        return (roles.get(identity.subject) or Appointment(identity.subject),)


class Desk:
    """An operator, or somebody else, in front of the service."""

    def __init__(self, running: Any, issuer: AccessTokenIssuer) -> None:
        self.running, self._issuer = running, issuer

    async def ask(
        self,
        path: str,
        role: str = "operator",
        method: str = "GET",
        purpose: str = "operations",
        **kwargs: Any,
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._issuer.issue(role)}", "X-Purpose": purpose}
        headers |= kwargs.pop("headers", {})
        answer: httpx.Response = await self.running.http.request(
            method, f"/api/exchange/v1{path}", headers=headers, **kwargs
        )
        return answer

    async def put(self, *, number: int = 1, state: str = "waiting", **words: Any) -> UUID:
        """A message in the queue, as the worker would leave it."""
        row = {
            "partner": POLIS,
            "stream": uuid4(),
            "reference": REFERENCES[0],
            "at": AT,
            "reason": None,
        } | words
        message = uuid4()
        queue = {"waiting": "due", "quarantined": "blocked"}[state]
        await self.running.rows(
            """insert into outbox_queue (partner, stream, next_number, head, state, due_at)
               values ($1, $2, $3 + 1, $3, $4, case when $4 = 'due' then now() end)
               on conflict (partner, stream) do update set next_number = excluded.next_number""",
            row["partner"], row["stream"], number, queue,
        )  # fmt: skip
        await self.running.rows(
            """insert into outbox (id, event_id, partner, stream, number, kind, reference, state, reason,
                   code, tries, created_at, protocol, method, target, content_type, digest, key_id)
               values ($1, $2, $3, $4, $5, 'caseNotice', $6, $7, $8, 'NO', 1, $9,
                   'soap', 'POST', '/', 'text/xml', sha256(''), $2)""",
            message, uuid4(), row["partner"], row["stream"], number, row["reference"], state,
            row["reason"] or ("partner-refused" if state == "quarantined" else None), row["at"],
        )  # fmt: skip
        return message


@pytest.fixture
async def desk(start: Any, keys_folder: Path) -> AsyncIterator[Desk]:
    async with start(development=True) as running:
        running.app.state.appointments = Offices()
        issuer = AccessTokenIssuer(
            DEVELOPMENT_ISSUER, keys.load_issuer(keys_folder, "development"), running.clock
        )
        yield Desk(running, issuer)


async def test_an_operator_sees_where_a_message_stands_and_why(desk: Desk) -> None:
    message = await desk.put(state="quarantined")
    answer = await desk.ask("/messages")
    assert answer.status_code == 200
    (item,) = answer.json()["items"]
    assert item == {
        "id": str(message),
        "direction": "out",
        "partner": POLIS,
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


async def test_incoming_and_outgoing_messages_are_in_one_list(desk: Desk, golden: Any) -> None:
    await desk.running.soap(golden("submitReferral.request.xml"))
    await desk.put(at=AT + timedelta(seconds=1))
    both = (await desk.ask("/messages")).json()["items"]
    assert [(one["direction"], one["state"]) for one in both] == [("out", "waiting"), ("in", "handed-over")]
    for direction in ("in", "out"):
        found = (await desk.ask("/messages", params={"direction": direction})).json()["items"]
        assert [one["direction"] for one in found] == [direction]


async def test_no_message_shows_what_it_says(desk: Desk, golden: Any) -> None:
    """No name, no personal code, no sender's reference: the golden message holds them all."""
    await desk.running.soap(golden("submitReferral.request.xml"))
    (item,) = (await desk.ask("/messages")).json()["items"]
    one = (await desk.ask(f"/messages/{item['id']}")).json()
    sender_reference = (await desk.running.rows("select sender_reference from inbox"))[0]["sender_reference"]
    assert sender_reference not in str(one) + str(item)
    assert set(one) == {*item, "history"}


async def test_a_search_is_exact(desk: Desk) -> None:
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


async def test_pages_follow_each_other_without_gap(desk: Desk) -> None:
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
async def test_a_cursor_that_is_none_is_refused(desk: Desk, cursor: str) -> None:
    assert (await desk.ask("/messages", params={"cursor": cursor})).status_code == 422


async def test_a_message_that_was_put_aside_is_sent_again(desk: Desk) -> None:
    message = await desk.put(state="quarantined")
    answer = await desk.ask(f"/messages/{message}/redrive", method="POST")
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["reason"]) == ("waiting", None)
    queue = await desk.running.rows("select state, head from outbox_queue")
    assert queue == [{"state": "due", "head": 1}]
    again = await desk.ask(f"/messages/{message}/redrive", method="POST")
    assert (again.status_code, again.json()["type"]) == (409, "urn:turvavork:problem:message-not-put-aside")


async def test_a_redrive_that_is_sent_again_is_done_once(desk: Desk) -> None:
    message = await desk.put(state="quarantined")
    for _ in range(2):
        answer = await desk.ask(
            f"/messages/{message}/redrive", method="POST", headers={"Idempotency-Key": "k-1"}
        )
        assert answer.status_code == 200
    assert await desk.running.rows("select version from outbox") == [{"version": 2}]


async def test_a_skipped_message_frees_the_one_behind_it(desk: Desk) -> None:
    stream = uuid4()
    first = await desk.put(state="quarantined", stream=stream)
    await desk.put(number=2, stream=stream)
    answer = await desk.ask(f"/messages/{first}/skip", method="POST", json={"reason": "told-otherwise"})
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["reason"]["code"]) == ("skipped", "told-otherwise")
    assert await desk.running.rows("select state, head from outbox_queue") == [{"state": "due", "head": 2}]


async def test_a_refused_referral_can_be_tried_again_and_not_skipped(desk: Desk, golden: Any) -> None:
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


async def test_the_history_of_a_message_tells_its_tries(desk: Desk) -> None:
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
        ("operator", "case-work", 422, 422),
        ("coordinator", "operations", 403, 403),
        ("agency-member", "operations", 403, 403),
        ("chair", "operations", 403, 403),
        ("support-person", "operations", 403, 403),
        ("programme-officer", "supervision", 403, 403),
    ],
)
async def test_who_may_look_and_who_may_decide(
    desk: Desk, role: str, purpose: str, read: int, change: int
) -> None:
    message = await desk.put(state="quarantined")
    for path in ("/messages", f"/messages/{message}"):
        assert (await desk.ask(path, role, purpose=purpose)).status_code == read
    answer = await desk.ask(f"/messages/{message}/redrive", role, "POST", purpose)
    assert answer.status_code == change


async def test_without_a_token_nobody_sees_anything(desk: Desk) -> None:
    assert (await desk.ask("/messages", headers={"Authorization": ""})).status_code == 401


@pytest.mark.parametrize("verb", ["", "/redrive", "/skip"])
async def test_an_unknown_message_is_not_found(desk: Desk, verb: str) -> None:
    method = "POST" if verb else "GET"
    body = {"json": {"reason": "told-otherwise"}} if verb == "/skip" else {}
    assert (await desk.ask(f"/messages/{uuid4()}{verb}", method=method, **body)).status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"reason": "because"}, {"reason": "told-otherwise", "note": "Mari"}, []]
)
async def test_a_skip_says_one_of_the_known_reasons(desk: Desk, body: Any) -> None:
    message = await desk.put(state="quarantined")
    answer = await desk.ask(f"/messages/{message}/skip", method="POST", json=body)
    assert answer.status_code == 422
    assert "Mari" not in answer.text


async def test_reading_and_deciding_leave_their_rows(desk: Desk) -> None:
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
