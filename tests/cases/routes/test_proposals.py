"""A further incident in a case is proposed to be referred again, and somebody answers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from services.kit.clock import SystemClock
from tests.cases.statements import heard

Build = Callable[..., Any]
COORDINATOR = "dev:coordinator:polva:"
POLICE = "dev:agency-member:polva:police"


def day(ago: int) -> str:
    """Some days ago."""
    return (SystemClock().now() - timedelta(days=ago)).date().isoformat()


class Opened:
    """A case of some days ago."""

    def __init__(self, served: Any, case: str) -> None:
        self.served, self.case = served, case

    async def tell(self, ago: int, kind: str = "dispute") -> str:
        told = {"kind": kind, "occurredAt": f"{day(ago)}T08:00:00Z", "description": "Tuli ukse taha."}
        answer = await self.served.ask(f"/cases/{self.case}/incidents", POLICE, "POST", json=told)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def proposals(self, query: str = "") -> list[dict[str, Any]]:
        answer = await self.served.ask(f"/cases/{self.case}/repeat-proposals{query}")
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def answer(self, proposal: str, seen: int = 1, **said: Any) -> httpx.Response:
        path, headers = f"/repeat-proposals/{proposal}/answer", {"If-Match": f'"{seen}"'}
        body = {"decision": "refer" if "referralId" in said else "decline", **said}
        answered: httpx.Response = await self.served.ask(path, method="POST", json=body, headers=headers)
        return answered

    async def waiting(self) -> list[str]:
        rows = await self.served.world.rows("select state from duty where clock = 'repeat-referral'")
        return [row["state"] for row in rows]


def a_case_of(message: dict[str, Any], ago: int) -> dict[str, Any]:
    """A referral of some days ago, about the day before."""
    message["referredOn"] = message["assessment"]["completedOn"] = day(ago)
    message["event"]["occurredAt"] = f"{day(ago + 1)}T20:30:00Z"
    return message


@pytest_asyncio.fixture
async def opened(served: Any, a_message: Build) -> Opened:
    return Opened(served, await served.opened(a_case_of(a_message(), 300), "police"))


async def test_any_abuse_within_the_year_is_proposed_and_waits_for_the_coordinator(opened: Opened) -> None:
    incident = await opened.tell(10)
    [proposal] = await opened.proposals()
    assert (proposal["id"], proposal["state"]) == (incident, "proposed")
    assert (proposal["definition"], proposal["countedFrom"]) == ("safelives-current", day(300))
    assert proposal["until"] > day(0)
    assert await opened.waiting() == ["open"]
    steps = (await opened.served.ask(f"/cases/{opened.case}/history")).json()["items"]
    assert (steps[0]["machine"], steps[0]["toState"]) == ("repeat-proposal", "proposed")


async def test_after_the_year_it_is_a_new_referral_and_nothing_is_proposed(
    served: Any, a_message: Build
) -> None:
    old = Opened(served, await served.opened(a_case_of(a_message(), 380), "police"))
    await old.tell(5)
    assert await old.proposals() == []
    await old.tell(100)
    assert len(await old.proposals()) == 1


async def test_the_incident_that_was_referred_is_no_further_one(opened: Opened) -> None:
    await opened.tell(301)
    assert await opened.proposals() == []


async def test_what_was_referred_again_waits_no_more(opened: Opened, a_message: Build) -> None:
    proposal = await opened.tell(10)
    [before] = await opened.proposals()
    same = await opened.answer(proposal, referralId=before["earlierId"])
    assert same.json()["errors"][0]["pointer"] == "/referralId"
    referral = await opened.served.taken(a_case_of(a_message(), 9))
    done = await opened.answer(proposal, referralId=referral)
    assert (done.status_code, done.json()["state"], done.json()["referralId"]) == (200, "referred", referral)
    assert (done.json()["decidedBy"], done.headers["etag"]) == (COORDINATOR, '"2"')
    assert await opened.waiting() == ["done"]
    again = await opened.answer(proposal, 2, reason="in-plan")
    assert again.json()["type"] == "urn:turvavork:problem:transition-refused"


async def test_whoever_does_not_refer_says_why(opened: Opened) -> None:
    proposal = await opened.tell(10)
    for said, error in (
        ({}, ("/reason", "required")),
        ({"reason": "in-plan", "referralId": str(uuid4())}, ("/reason", "not-for-decision")),
        ({"decision": "refer"}, ("/referralId", "required")),
        (
            {"decision": "decline", "reason": "in-plan", "referralId": str(uuid4())},
            ("/referralId", "not-for-decision"),
        ),
    ):
        [first] = (await opened.answer(proposal, **said)).json()["errors"]
        assert (first["pointer"], first["code"]) == error
    assert (await opened.answer(proposal, reason="mood")).json()["errors"][0]["pointer"] == "/reason"
    assert (await opened.answer(proposal, 7, reason="in-plan")).status_code == 412
    done = await opened.answer(proposal, reason="in-plan")
    assert (done.json()["state"], done.json()["reason"]) == ("declined", "in-plan")


async def test_a_retracted_incident_is_dropped(opened: Opened) -> None:
    incident = await opened.tell(10)
    path, body = f"/incidents/{incident}/retraction", {"reason": "did-not-happen"}
    done = await opened.served.ask(path, method="POST", json=body, headers={"If-Match": '"1"'})
    assert done.status_code == 200, done.text
    assert [one["state"] for one in await opened.proposals()] == ["dropped"]
    assert await opened.waiting() == ["dropped"]


async def test_pages_follow_each_other_by_as_many_statements(opened: Opened) -> None:
    incidents = [await opened.tell(ago, "threat") for ago in (40, 30, 20)]
    first = (await opened.served.ask(f"/cases/{opened.case}/repeat-proposals?limit=2")).json()
    rest = await opened.proposals(f"?limit=2&cursor={first['next']}")
    assert {one["id"] for one in first["items"] + rest} == set(incidents)
    counts = []
    for _ in range(2):
        with heard(opened.served.app.state.database) as told:
            await opened.proposals()
        counts.append(len(told))
        await opened.tell(15)
    assert counts[0] == counts[1]


async def test_agencies_and_strangers_do_not_answer(opened: Opened) -> None:
    proposal = await opened.tell(10)
    body, seen = {"decision": "decline", "reason": "in-plan"}, {"If-Match": '"1"'}
    path = f"/repeat-proposals/{proposal}/answer"
    for subject, status in ((POLICE, 403), ("dev:chair:polva:", 403), ("dev:coordinator:rakvere:", 404)):
        answer = await opened.served.ask(path, subject, "POST", json=body, headers=seen)
        assert answer.status_code == status
    assert (await opened.served.ask(f"/repeat-proposals/{proposal}", "dev:chair:polva:")).status_code == 200


async def test_the_states_are_those_of_the_published_machine(opened: Opened) -> None:
    proposal = await opened.tell(10)
    assert set(opened.served.world.catalog.lifecycles["repeat-proposal"].states) == {
        "proposed",
        "referred",
        "declined",
        "dropped",
    }
    with pytest.raises(asyncpg.CheckViolationError):
        await opened.served.world.rows("update repeat_proposal set state = 'lost' where id = $1", proposal)
