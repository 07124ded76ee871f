from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"
AT = datetime(2017, 5, 4, 12, 0, tzinfo=UTC)
PAUSE = {"partner": POLIS, "reason": "partner-asked"}


async def paused(desk: Any, **words: str) -> Any:
    answer = await desk.ask("/pauses", method="POST", json=PAUSE | words)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_pause_says_who_paused_whom_when_and_why(desk: Any) -> None:
    answer = await desk.ask("/pauses", method="POST", json=PAUSE)
    assert answer.status_code == 201
    told = answer.json()
    assert answer.headers["location"] == f"/api/exchange/v1/pauses/{told['id']}"
    assert told == {
        "id": told["id"],
        "partner": POLIS,
        "state": "open",
        "reason": told["reason"],
        "pausedAt": "2017-05-04T12:00:00Z",
        "pausedBy": "operator",
        "resumedAt": None,
        "resumedBy": None,
    }
    assert told["reason"]["code"] == "partner-asked"
    assert all(told["reason"][language] for language in ("et", "ru", "en"))
    assert (await desk.ask(f"/pauses/{told['id']}")).json() == told
    assert (await desk.ask("/pauses")).json() == {"items": [told]}


async def test_a_partner_is_paused_once(desk: Any) -> None:
    await paused(desk)
    again = await desk.ask("/pauses", method="POST", json=PAUSE)
    assert (again.status_code, again.json()["type"]) == (409, "urn:turvavork:problem:partner-already-paused")
    await paused(desk, partner=STAR)
    assert len((await desk.ask("/pauses")).json()["items"]) == 2


async def test_a_pause_that_is_sent_again_is_one(desk: Any) -> None:
    told = [
        (await desk.ask("/pauses", method="POST", json=PAUSE, headers={"Idempotency-Key": "k-1"})).json()
        for _ in range(2)
    ]
    assert told[0] == told[1]
    assert await desk.running.rows("select count(*) as pauses from partner_pause") == [{"pauses": 1}]


async def test_what_waits_is_due_at_once_after_the_partner_is_resumed(desk: Any) -> None:
    """Whatever its next try was to be: also one that the partner had asked to send later."""
    later = (
        "update outbox_queue set due_at = now() + interval '1 hour', tries = 9, asked = $1 where partner = $2"
    )
    for _ in range(3):
        await desk.put()
    await desk.put(partner=STAR)
    for asked, partner in ((True, POLIS), (False, STAR)):
        await desk.running.rows(later, asked, partner)
    told = await paused(desk)
    resumed = await desk.ask(f"/pauses/{told['id']}/resume", method="POST")
    assert (resumed.status_code, resumed.json()["state"], resumed.json()["resumedBy"]) == (
        200, "ended", "operator",
    )  # fmt: skip
    soon = "select partner from outbox_queue where due_at < now() + interval '4 s'"
    assert [row["partner"] for row in await desk.running.rows(soon)] == [POLIS] * 3
    again = await desk.ask(f"/pauses/{told['id']}/resume", method="POST")
    assert (again.status_code, again.json()["type"]) == (409, "urn:turvavork:problem:pause-ended")
    assert (await desk.ask("/pauses", params={"open": "true"})).json() == {"items": []}
    await paused(desk)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"partner": "ee-dev/GOV/70008747/nobody", "reason": "partner-asked"}, "/partner"),
        ({"partner": POLIS, "reason": "because"}, "/reason"),
        ({"partner": POLIS}, "/reason"),
        ({**PAUSE, "until": "2017-05-05"}, "/until"),
        ({**PAUSE, "partner": ""}, "/partner"),
    ],
)
async def test_a_pause_of_nobody_or_without_reason_is_refused(desk: Any, body: Any, pointer: str) -> None:
    answer = await desk.ask("/pauses", method="POST", json=body)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]] or pointer == "/until"
    assert await desk.running.rows("select 1 from partner_pause") == []


@pytest.mark.parametrize("verb", ["", "/resume"])
async def test_an_unknown_pause_is_not_found(desk: Any, verb: str) -> None:
    answer = await desk.ask(f"/pauses/{uuid4()}{verb}", method="POST" if verb else "GET")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("role", "purpose", "read", "change"),
    [
        ("operator", "operations", 200, 201),
        ("operator", "supervision", 200, 403),
        ("auditor", "accountability", 200, 403),
        ("coordinator", "operations", 403, 403),
        ("agency-member", "operations", 403, 403),
        ("programme-officer", "supervision", 403, 403),
    ],
)
async def test_who_may_look_and_who_may_pause(
    desk: Any, role: str, purpose: str, read: int, change: int
) -> None:
    known = (await paused(desk, partner=STAR))["id"]
    for path in ("/pauses", f"/pauses/{known}", "/deliveries"):
        assert (await desk.ask(path, role, purpose=purpose)).status_code == read
    assert (await desk.ask("/pauses", role, "POST", purpose, json=PAUSE)).status_code == change
    resumed = await desk.ask(f"/pauses/{known}/resume", role, "POST", purpose)
    assert resumed.status_code == (200 if change == 201 else 403)


async def test_pausing_and_resuming_leave_their_rows(desk: Any) -> None:
    told = await paused(desk)
    await desk.ask(f"/pauses/{told['id']}/resume", method="POST")
    rows = await desk.running.rows("select operation, action, client from audit")
    assert {tuple(row.values()) for row in rows} == {
        ("pause_partner", "create", POLIS),
        ("pause_partner", "read", None),
        ("resume_partner", "update", POLIS),
        ("resume_partner", "read", None),
    }


async def tried(desk: Any, message: UUID, code: str | None, at: datetime) -> None:
    """The first try failed with a code; the second succeeded."""
    number, outcome = (2, "delivered") if code is None else (1, "failed")
    await desk.running.rows(
        """insert into outbox_try (message_id, number, ended_at, duration_ms, outcome, origin, code, fence)
           values ($1, $2, $3, 5, $4, $5, $6, 1)""",
        message, number, at, outcome, code and "transport", code,
    )  # fmt: skip


async def test_figures_of_a_period_are_by_partner(desk: Any) -> None:
    """Five that took 1, 2, 3, 4 and 100 seconds; one that came before the period; one that waits."""
    for seconds in (1, 2, 3, 4, 100, 5):
        message = await desk.put(at=AT)
        ended = AT + timedelta(seconds=seconds) if seconds != 5 else AT - timedelta(seconds=1)
        await desk.running.rows(
            "update outbox set state = 'delivered', settled_at = $2 where id = $1", message, ended
        )
        await tried(desk, message, "timeout" if seconds < 3 else "refused", ended)
        await tried(desk, message, None, ended)
    waiting = await desk.put()
    ago = "update outbox set created_at = now() - interval '50 s' where id = $1"
    await desk.running.rows(ago, waiting)
    await desk.put(state="quarantined")
    pause = await paused(desk)
    params = {"from": "2017-05-04T15:00:00+03:00", "to": "2017-05-04T12:02:00Z"}
    report = (await desk.ask("/deliveries", params=params)).json()
    assert (report["since"], report["until"]) == ("2017-05-04T12:00:00Z", "2017-05-04T12:02:00Z")
    polis, star = report["items"]
    assert 49 <= polis.pop("oldestWaitingSeconds") <= 60
    assert polis == {
        "partner": POLIS,
        "paused": pause["id"],
        "delivered": 5,
        "medianMs": 3000,
        "p95Ms": 80800,
        "tries": 10,
        "failures": [
            {"origin": "transport", "code": "refused", "tries": 3},
            {"origin": "transport", "code": "timeout", "tries": 2},
        ],
        "waiting": 1,
        "quarantined": 1,
    }
    assert (star["partner"], star["delivered"], star["medianMs"], star["paused"]) == (STAR, 0, None, None)


@pytest.mark.parametrize(
    "params",
    [
        {"from": "2017-05-04T12:00:00Z", "to": "2017-05-04T12:00:00Z"},
        {"from": "2017-05-05T12:00:00Z", "to": "2017-05-04T12:00:00Z"},
        {"from": "2016-05-05T12:00:00Z", "to": "2017-05-04T12:00:00Z"},
        {"from": "yesterday"},
        {"to": "2017-05-04"},
    ],
)
async def test_a_period_is_one_and_bounded(desk: Any, params: dict[str, str]) -> None:
    assert (await desk.ask("/deliveries", params=params)).status_code == 422
