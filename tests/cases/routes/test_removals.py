"""KKS: he is kept away until an end, she is reached at once, and he is offered help."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from services.kit.clock import SystemClock
from tests.cases.routes.test_offers import COORDINATOR, POLICE, SUPPORT, Case
from tests.cases.routes.test_support import today
from tests.cases.statements import heard

Build = Callable[..., Any]


def at(hours: int) -> str:
    return (SystemClock().now() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest_asyncio.fixture
async def case(served: Any, a_message: Build) -> Case:
    opened = await served.opened(a_message(), "police", "victim-support")
    shown = (await served.ask(f"/cases/{opened}")).json()
    return Case(served, opened, {one["role"]: one["personId"] for one in shown["persons"]})


async def record(case: Case, who: str = POLICE, **changes: Any) -> Any:
    body = {
        "personId": case.people["threatening-person"],
        "measure": "staying-ban",
        "orderedAt": at(-5),
        "reference": "KR-17/123",
        **changes,
    }
    return await case.ask(f"/cases/{case.id}/removals", "POST", who, json=body)


async def act(case: Case, path: str, version: int, **body: Any) -> Any:
    return await case.ask(f"/removals/{path}", "POST", json=body, headers={"If-Match": f'"{version}"'})


async def waits(case: Case, who: str) -> list[str]:
    listed = (await case.ask("/duties", who=who)).json()["items"]
    return sorted(one["clock"] for one in listed if one["clock"].startswith("removal"))


def _codes(answer: Any) -> set[str]:
    return {error["code"] for error in answer.json()["errors"]}


async def test_she_is_reached_at_once_and_it_waits_until_she_is(case: Case) -> None:
    made = await record(case)
    shown = made.json()
    assert (made.status_code, shown["keepsAway"], shown["state"]) == (201, True, "in-force")
    ordered, ends = (datetime.fromisoformat(shown[name]) for name in ("orderedAt", "endsAt"))
    assert ends - ordered == timedelta(hours=72)  # KorS § 44, as published
    assert await waits(case, SUPPORT) == ["removal-victim-contact"]
    assert await waits(case, COORDINATOR) == ["removal-ends"]
    path = f"/removals/{shown['id']}/victim-contacts"
    early = {"contactedAt": at(-9), "outcome": "reached"}
    odd = await case.ask(path, "POST", SUPPORT, json=early)
    assert (odd.status_code, _codes(odd)) == (422, {"before-start"})
    for outcome, left in (("not-reached", ["removal-victim-contact"]), ("reached", [])):
        body = {"contactedAt": at(-1), "outcome": outcome}
        told = await case.ask(path, "POST", SUPPORT, json=body)
        assert told.status_code == 201, told.text
        assert await waits(case, SUPPORT) == left
    assert [one["outcome"] for one in told.json()["contacts"]] == ["not-reached", "reached"]
    [kept] = await case.served.world.rows("select sealed from removal")
    assert b"KR-17" not in kept["sealed"]
    assert b"staying" not in kept["sealed"]


async def test_it_is_extended_within_its_longest_term_and_ends(case: Case) -> None:
    shown = (await record(case, endsAt=at(7))).json()
    beyond = await act(case, f"{shown['id']}/extension", 1, endsAt=at(80))
    assert (beyond.status_code, _codes(beyond)) == (422, {"too-late"})
    longer = await act(case, f"{shown['id']}/extension", 1, endsAt=at(50))
    assert (longer.status_code, longer.json()["extended"]) == (200, 1)
    assert (await act(case, f"{shown['id']}/extension", 1, endsAt=at(60))).status_code == 412
    assert await waits(case, COORDINATOR) == ["removal-ends"]
    over = await act(case, f"{shown['id']}/ending", 2, on=today(), reason="lifted")
    assert (over.json()["state"], over.json()["keepsAway"], over.json()["reason"]) == (
        "ended",
        False,
        "lifted",
    )
    assert await waits(case, COORDINATOR) == []
    assert await waits(case, SUPPORT) == []
    assert (await act(case, f"{shown['id']}/extension", 3, endsAt=at(60))).status_code == 409
    late = {"contactedAt": at(-1), "outcome": "reached"}
    assert (await case.ask(f"/removals/{shown['id']}/victim-contacts", "POST", json=late)).status_code == 409
    steps = (await case.ask(f"/cases/{case.id}/history")).json()["items"]
    assert [one["action"] for one in steps if one["machine"] == "removal"] == ["end", "extend", "record"]


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"measure": "no-such-measure"}, {"unknown"}),
        ({"endsAt": at(90)}, {"too-late"}),
        ({"endsAt": at(-6)}, {"not-after-start"}),
        ({"measure": "restraining-order"}, {"required"}),
        ({"orderedAt": at(30), "endsAt": at(40)}, {"future"}),
        ({"personId": "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"}, {"not-in-case"}),
        ({"referralId": "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"}, {"unknown"}),
    ],
)
async def test_what_cannot_be_is_refused(case: Case, changes: dict[str, Any], codes: set[str]) -> None:
    answer = await record(case, **changes)
    assert (answer.status_code, _codes(answer)) == (422, codes)
    assert await case.served.world.count("removal") == 0


async def test_work_with_him_is_told_beside_the_measure(case: Case) -> None:
    [referral] = (await case.ask(f"/cases/{case.id}")).json()["referrals"]
    shown = (await record(case, referralId=referral["id"])).json()
    assert (shown["referralId"], shown["work"]) == (referral["id"], [])
    victim = await record(case, personId=case.people["victim"])
    assert _codes(victim) == {"not-for-role"}
    him = {"personId": case.people["threatening-person"], "service": "giving-up-violence"}
    offer = (await case.offer(SUPPORT, **him, offeredOn=today())).json()
    await case.act(offer["id"], "refusal", 1, SUPPORT, on=today(), reason="not-now")
    [told] = (await case.ask(f"/cases/{case.id}/removals")).json()["items"]
    assert told["work"] == [{"offerId": offer["id"], "service": "giving-up-violence", "state": "refused"}]


async def test_who_knows_of_the_measure_and_its_statements_do_not_grow(case: Case) -> None:
    await record(case)
    for other in ("dev:agency-member:polva:probation", "dev:coordinator:rakvere:"):
        assert (await case.ask(f"/cases/{case.id}/removals", who=other)).status_code == 404
    counts = []
    for _ in range(2):
        await record(case)
        with heard(case.served.app.state.database) as statements:
            await case.ask(f"/cases/{case.id}/removals")
        counts.append(len(statements))
    assert counts[0] == counts[1]
