"""A case is closed, watched over for a year, opened again or ended, over HTTP."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from services.kit.calendar import add_months, local_date
from services.kit.clock import SystemClock
from tests.cases.statements import heard

Build = Callable[..., Any]
COORDINATOR = "dev:coordinator:polva:"
POLICE = "dev:agency-member:polva:police"


def _today() -> date:
    return local_date(SystemClock().now())


class Case:
    """A case, and what may be done to it."""

    def __init__(self, served: Any, case: str) -> None:
        self.served, self.id = served, case

    async def do(self, what: str, version: int, subject: str = COORDINATOR, **body: Any) -> httpx.Response:
        headers = {"If-Match": f'"{version}"'}
        answer: httpx.Response = await self.served.ask(
            f"/cases/{self.id}/{what}", subject, "POST", json=body, headers=headers
        )
        return answer

    async def close(self, days_ago: int = 0) -> dict[str, Any]:
        closed_on = _today() - timedelta(days=days_ago)
        if days_ago:
            await self.served.world.rows("update marac_case set opened_on = $1", closed_on)
        answer = await self.do("closing", 1, closedOn=closed_on.isoformat(), reason="protected", note="Hea.")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def settle(self, checkpoint: dict[str, Any], **body: Any) -> httpx.Response:
        what = "skipping" if "reason" in body else "holding"
        answer: httpx.Response = await self.served.ask(
            f"/checkpoints/{checkpoint['id']}/{what}",
            COORDINATOR,
            "POST",
            json=body,
            headers={"If-Match": f'"{checkpoint["version"]}"'},
        )
        return answer


@pytest_asyncio.fixture
async def case(served: Any, a_message: Build) -> Case:
    return Case(served, await served.opened(a_message(), "police"))


def _codes(answer: httpx.Response) -> set[str]:
    return {error["code"] for error in answer.json()["errors"]}


async def test_closing_begins_a_year_with_its_checkpoints(case: Case) -> None:
    shown = await case.close()
    assert (shown["state"], shown["version"]) == ("monitoring", 2)
    [period] = shown["items"]
    assert period["until"] == add_months(_today(), 12).isoformat()
    assert (period["reason"], period["note"]) == ("protected", "Hea.")
    assert [one["code"] for one in period["checkpoints"]] == [
        f"monitoring-{month}" for month in (1, 3, 6, 12)
    ]
    assert all(one["state"] == "due" for one in period["checkpoints"])
    steps = (await case.served.ask(f"/cases/{case.id}/history")).json()["items"]
    assert [(step["machine"], step["action"]) for step in steps].count(("checkpoint", "plan")) == 4
    assert ("case", "close", "protected") in [(one["machine"], one["action"], one["reason"]) for one in steps]


async def test_what_was_noted_is_sealed(case: Case) -> None:
    await case.close()
    kept = await case.served.world.rows("select note_sealed, recorded_by from monitoring")
    assert kept[0]["recorded_by"] == COORDINATOR
    assert b"Hea." not in kept[0]["note_sealed"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"reason": "no-such-reason"}, 422, "unknown"),
        ({"closedOn": "2099-01-01"}, 422, "future"),
        ({"closedOn": "2010-01-01"}, 422, "too-early"),
        ({"closedOn": None}, 422, None),
    ],
)
async def test_a_closing_that_does_not_say_what_it_must_changes_nothing(
    case: Case, body: dict[str, Any], status: int, code: str | None
) -> None:
    good = {"closedOn": _today().isoformat(), "reason": "protected"}
    answer = await case.do("closing", 1, **(good | body))
    assert answer.status_code == status
    assert code is None or _codes(answer) == {code}
    shown = await case.served.ask(f"/cases/{case.id}/monitoring")
    assert (shown.json()["state"], shown.json()["items"]) == ("open", [])


async def test_of_two_who_close_one_is_told_to_look_again(case: Case) -> None:
    await case.close()
    body = {"closedOn": _today().isoformat(), "reason": "protected"}
    stale = await case.do("closing", 1, **body)
    again = await case.do("closing", 2, **body)
    blind = await case.served.ask(f"/cases/{case.id}/closing", COORDINATOR, "POST", json=body)
    assert (stale.status_code, again.status_code, blind.status_code) == (412, 409, 428)


async def test_the_same_closing_sent_twice_is_done_once(case: Case) -> None:
    headers = {"If-Match": '"1"', "Idempotency-Key": "closing-1"}
    body = {"closedOn": _today().isoformat(), "reason": "protected"}
    for _ in range(2):
        answer = await case.served.ask(
            f"/cases/{case.id}/closing", COORDINATOR, "POST", json=body, headers=headers
        )
        assert answer.status_code == 200
    assert await case.served.world.count("monitoring") == 1


async def test_a_checkpoint_says_how_the_victim_is(case: Case) -> None:
    [period] = (await case.close())["items"]
    first, second = period["checkpoints"][:2]
    finding = {
        "heldOn": _today().isoformat(),
        "situation": "uncertain",
        "newViolence": True,
        "note": "Kardab.",
    }
    held = (await case.settle(first, **finding)).json()["items"][0]["checkpoints"][0]
    assert {name: held[name] for name in finding} == finding
    assert held["state"] == "held"
    skipped = await case.settle(second, reason="not-reached")
    assert skipped.json()["items"][0]["checkpoints"][1]["reason"] == "not-reached"
    again = await case.settle(first | {"version": 2}, **finding)
    stale = await case.settle(first, **finding)
    assert (again.status_code, stale.status_code) == (409, 412)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"situation": "fine"}, "unknown"),
        ({"heldOn": "2099-01-01"}, "future"),
        ({"heldOn": "2016-01-01"}, "too-early"),
    ],
)
async def test_a_finding_is_of_the_year_and_in_published_words(
    case: Case, change: dict[str, Any], code: str
) -> None:
    [period] = (await case.close())["items"]
    good = {"heldOn": _today().isoformat(), "situation": "safe", "newViolence": False}
    answer = await case.settle(period["checkpoints"][0], **(good | change))
    assert (answer.status_code, _codes(answer)) == (422, {code})


async def test_reopening_lets_what_is_due_fall_away(case: Case) -> None:
    [period] = (await case.close())["items"]
    await case.settle(period["checkpoints"][0], reason="not-reached")
    answer = await case.do("reopening", 2, reason="new-violence")
    assert (answer.json()["state"], answer.json()["version"]) == ("open", 3)
    [period] = answer.json()["items"]
    assert (period["endedBy"], period["endReason"]) == ("reopen", "new-violence")
    assert [one["state"] for one in period["checkpoints"]] == ["skipped", *["cancelled"] * 3]
    closed = await case.do("closing", 3, closedOn=_today().isoformat(), reason="protected")
    assert len(closed.json()["items"]) == 2


async def test_the_year_does_not_end_while_checkpoints_are_due(case: Case) -> None:
    [period] = (await case.close(days_ago=400))["items"]
    early = await case.do("ending", 2, reason=None)
    assert (early.status_code, _codes(early)) == (409, {"checkpoints-due"})
    for checkpoint in period["checkpoints"]:
        assert (await case.settle(checkpoint, reason="victims-wish")).status_code == 200
    reasoned = await case.do("ending", 2, reason="objected")
    assert (reasoned.status_code, _codes(reasoned)) == (422, {"not-after-the-year"})
    ended = await case.do("ending", 2, reason=None)
    assert ended.json()["state"] == "ended"
    assert (await case.do("reopening", 3, reason="higher-risk")).json()["state"] == "open"


async def test_monitoring_ends_early_for_a_published_reason_only(case: Case) -> None:
    await case.close()
    without = await case.do("ending", 2, reason=None)
    assert (without.status_code, _codes(without)) == (422, {"unknown"})
    ended = (await case.do("ending", 2, reason="moved-abroad")).json()
    assert ended["state"] == "ended"
    assert {one["state"] for one in ended["items"][0]["checkpoints"]} == {"cancelled"}


async def test_an_agency_reads_and_does_not_close(case: Case) -> None:
    [period] = (await case.close())["items"]
    shown = await case.served.ask(f"/cases/{case.id}/monitoring", POLICE)
    assert shown.status_code == 200
    assert (await case.do("reopening", 2, POLICE, reason="new-violence")).status_code == 403
    path = f"/checkpoints/{period['checkpoints'][0]['id']}/skipping"
    foreign = await case.served.ask(
        path, "dev:coordinator:rakvere:", "POST", json={"reason": "not-reached"}, headers={"If-Match": '"1"'}
    )
    nothing = await case.served.ask(
        f"/checkpoints/{uuid4()}/skipping",
        "dev:coordinator:rakvere:",
        "POST",
        json={"reason": "not-reached"},
        headers={"If-Match": '"1"'},
    )
    assert (foreign.status_code, nothing.status_code) == (404, 404)
    assert foreign.json() | {"instance": 0} == nothing.json() | {"instance": 0}


async def test_the_number_of_statements_does_not_grow_with_periods(case: Case) -> None:
    counts = []
    await case.close()
    for version in (2, 4):
        with heard(case.served.app.state.database) as told:
            assert (await case.served.ask(f"/cases/{case.id}/monitoring")).status_code == 200
        counts.append(len(told))
        await case.do("reopening", version, reason="new-violence")
        await case.do("closing", version + 1, closedOn=_today().isoformat(), reason="protected")
    assert counts[0] == counts[1]


async def test_checkpoints_wait_for_the_coordinator_until_they_are_settled(case: Case) -> None:
    [period] = (await case.close())["items"]

    async def waiting() -> list[tuple[str, str]]:
        items = (await case.served.ask("/duties?limit=50")).json()["items"]
        return sorted((one["clock"], one["dueOn"]) for one in items if one["clock"].startswith("monitoring"))

    planned = sorted((one["code"], one["dueOn"]) for one in period["checkpoints"])
    assert await waiting() == planned
    await case.settle(period["checkpoints"][0], reason="not-reached")
    assert await waiting() == [one for one in planned if one[0] != "monitoring-1"]
    await case.do("reopening", 2, reason="new-violence")
    assert await waiting() == []
