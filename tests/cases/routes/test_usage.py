"""What persons may see in the Data Tracker: decided one by one, with a reason, and told to exchange."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio

from tests.cases.statements import heard

Build = Callable[..., Any]
COORDINATOR = "dev:coordinator:polva:"
CHAIR = "dev:chair:polva:"
POLICE = "dev:agency-member:polva:police"
ELSEWHERE = "dev:coordinator:rakvere:"


class Desk:
    """A case and a person in it."""

    def __init__(self, served: Any, case: str, person: str) -> None:
        self.served, self.path, self.person = served, f"/cases/{case}/usage-decisions", person

    async def decide(self, decision: str, reason: str, by: str = COORDINATOR, **rest: Any) -> httpx.Response:
        told = {"personId": rest.pop("person", self.person), "decision": decision, "reason": reason}
        answer: httpx.Response = await self.served.ask(self.path, by, "POST", json=told, **rest)
        return answer

    async def events(self) -> list[dict[str, Any]]:
        rows = await self.served.world.rows(
            "select data from event where type = 'case.usage-decided' order by stream_version"
        )
        return [json.loads(row["data"]) for row in rows]


@pytest_asyncio.fixture
async def desk(served: Any, a_message: Build) -> Desk:
    case = await served.opened(a_message(), "police")
    [row] = await served.world.rows("select person_id from participation where role = 'victim'")
    return Desk(served, case, str(row["person_id"]))


async def test_a_decision_is_kept_told_and_may_be_taken_back(desk: Desk) -> None:
    assert (await desk.served.ask(desk.path, CHAIR)).json() == {"items": [], "next": None}
    key = {"headers": {"Idempotency-Key": "u-1"}}
    for _ in range(2):
        made = await desk.decide("release", "asked-for", **key)
        assert made.status_code == 201, made.text
    [shown] = made.json()["items"]
    assert (shown["personId"], shown["state"], shown["reason"]) == (desk.person, "released", "asked-for")
    assert (shown["decidedBy"], (await desk.served.ask(desk.path, CHAIR)).json()) == (
        COORDINATOR,
        made.json(),
    )
    again = await desk.decide("release", "no-danger")
    assert again.json()["type"] == "urn:turvavork:problem:transition-refused"
    back = await desk.decide("withhold", "danger-to-victim")
    assert [item["state"] for item in back.json()["items"]] == ["withheld", "released"]
    page = (await desk.served.ask(f"{desk.path}?limit=1")).json()
    rest = (await desk.served.ask(f"{desk.path}?limit=1&cursor={page['next']}")).json()
    assert [page["items"], rest["items"]] == [back.json()["items"][:1], back.json()["items"][1:]]
    first, second = await desk.events()
    assert (first["state"], second["state"], first["decidedAt"]) == (
        "released",
        "withheld",
        shown["decidedAt"],
    )
    assert first["subject"] == second["subject"]
    assert (len(first["subject"]), len(first["caseHandle"])) == (64, 32)
    assert desk.person not in str(first)
    history = (await desk.served.ask(f"{desk.path.removesuffix('usage-decisions')}history")).json()["items"]
    told = [(step["machine"], step["action"], step["reason"]) for step in history[:2]]
    assert told == [("usage-shown", "withhold", "danger-to-victim"), ("usage-shown", "release", "asked-for")]


async def test_whoever_may_not_and_what_breaks_a_rule_changes_nothing(desk: Desk) -> None:
    for by, status in ((POLICE, 403), (CHAIR, 403), (ELSEWHERE, 404)):
        assert (await desk.decide("release", "no-danger", by)).status_code == status, by
    for decision, reason, person, places in (
        ("release", "danger-to-child", desk.person, ["/reason"]),
        ("withhold", "no-danger", str(uuid4()), ["/personId", "/reason"]),
    ):
        wrong = await desk.decide(decision, reason, person=person)
        assert [error["pointer"] for error in wrong.json()["errors"]] == places
    unheard = await desk.decide("withhold", "danger-to-victim")
    assert unheard.json()["type"] == "urn:turvavork:problem:transition-refused"
    assert await desk.events() == []
    assert await desk.served.world.count("usage_decision") == 0
    with heard(desk.served.app.state.database) as none:
        await desk.served.ask(desk.path)
    await desk.decide("release", "no-danger")
    with heard(desk.served.app.state.database) as one:
        await desk.served.ask(desk.path)
    assert len(none) == len(one)
