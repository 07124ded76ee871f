"""How people in a case stand to each other: each direction is told by itself, and no role turns around."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from tests.cases.statements import heard

Build = Callable[..., Any]
COORDINATOR = "dev:coordinator:polva:"
POLICE = "dev:agency-member:polva:police"
CHAIR = "dev:chair:polva:"
THREATENING = "threatening-person"


class Case:
    """A case with a victim, a threatening person and a child."""

    def __init__(self, served: Any, case: str, people: dict[str, str]) -> None:
        self.served, self.id, self.people = served, case, people

    async def tell(self, kind: str, begins: str, ends_at: str, **more: Any) -> httpx.Response:
        subject = more.pop("subject", COORDINATOR)
        ends = {
            name: {"personId": self.people[role], "role": role}
            for name, role in (("from", begins), ("to", ends_at))
        }
        body = {"type": kind, "source": "police", **ends, **more}
        answer: httpx.Response = await self.served.ask(
            f"/cases/{self.id}/relations", subject, "POST", json=body
        )
        return answer

    async def change(self, told: dict[str, Any], action: str, reason: str | None = None) -> httpx.Response:
        answer: httpx.Response = await self.served.ask(
            f"/relations/{told['id']}/change",
            COORDINATOR,
            "POST",
            json={"action": action, "reason": reason},
            headers={"If-Match": f'"{told["version"]}"'},
        )
        return answer

    async def listed(self, query: str = "", subject: str = COORDINATOR) -> list[dict[str, Any]]:
        answer = await self.served.ask(f"/cases/{self.id}/relations{query}", subject)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


@pytest_asyncio.fixture
async def case(served: Any, a_message: Build) -> Case:
    case = await served.opened(a_message(), "police")
    listed = (await served.ask(f"/cases/{case}/people")).json()["items"]
    return Case(served, case, {one["role"]: one["personId"] for one in listed})


async def test_a_counter_allegation_is_another_dyad_and_turns_no_role_around(case: Case) -> None:
    threat = (await case.tell("threatens", THREATENING, "victim", note="Ähvardas.")).json()
    counter = await case.tell("counter-allegation", "victim", THREATENING, source="threatening-person")
    assert counter.status_code == 201, counter.text
    assert (counter.json()["from"], counter.json()["to"]) == (threat["to"], threat["from"])
    confirmed = await case.change(threat, "confirm")
    refuted = await case.change(counter.json(), "refute", "not-confirmed")
    assert (confirmed.json()["state"], refuted.json()["state"]) == ("confirmed", "refuted")
    assert [(one["type"], one["state"]) for one in await case.listed()] == [("threatens", "confirmed")]
    ended = await case.listed("?ended=true")
    assert [(one["type"], one["source"], one["state"]) for one in ended] == [
        ("threatens", "police", "confirmed"),
        ("counter-allegation", "threatening-person", "refuted"),
    ]
    people = (await case.served.ask(f"/cases/{case.id}/people")).json()["items"]
    assert {one["role"]: one["personId"] for one in people} == case.people


@pytest.mark.parametrize(
    ("kind", "source", "target", "pointers"),
    [
        ("threatens", "victim", THREATENING, ["/from/role", "/to/role"]),
        ("counter-allegation", THREATENING, "victim", ["/from/role", "/to/role"]),
        ("parent", "child", "victim", ["/from/role"]),
        ("same-household", "victim", "victim", ["/to/personId"]),
        ("hates", "victim", "child", ["/type"]),
    ],
)
async def test_a_dyad_the_wrong_way_round_is_refused_with_its_fields(
    case: Case, kind: str, source: str, target: str, pointers: list[str]
) -> None:
    answer = await case.tell(kind, source, target)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers
    assert await case.served.world.count("person_relation") == 0


async def test_reversed_dyads_do_not_get_into_the_database_either(case: Case) -> None:
    reversed_threat = """
        insert into person_relation (id, case_id, from_person, from_role, to_person, to_role, type, source,
            state, recorded_at, recorded_by)
        select gen_random_uuid(), id, $1, $2, $3, $4, $5, 'police', 'told', now(), 'm-1' from marac_case
    """
    victim, threatening = case.people["victim"], case.people[THREATENING]
    wrong = [
        (victim, "victim", threatening, THREATENING, "threatens"),
        (threatening, THREATENING, victim, "victim", "counter-allegation"),
        (victim, "victim", victim, "victim", "partner"),
    ]
    for row in wrong:
        with pytest.raises(asyncpg.CheckViolationError):
            await case.served.world.rows(reversed_threat, *row)


async def test_the_same_is_told_once_until_it_is_refuted_or_removed(case: Case) -> None:
    told = (await case.tell("threatens", THREATENING, "child")).json()
    again = await case.tell("threatens", THREATENING, "child")
    assert (again.status_code, again.json()["type"]) == (409, "urn:turvavork:problem:relation-exists")
    gone = await case.change(told, "remove", "entered-in-error")
    assert (gone.json()["state"], gone.json()["reason"]) == ("removed", "entered-in-error")
    closed = await case.change(gone.json(), "confirm")
    assert (closed.status_code, closed.json()["type"]) == (409, "urn:turvavork:problem:transition-refused")
    assert (await case.tell("threatens", THREATENING, "child")).status_code == 201


@pytest.mark.parametrize(
    ("action", "reason", "code"),
    [
        ("remove", None, "required"),
        ("refute", "because", "unknown"),
        ("confirm", "not-confirmed", "not-for-confirm"),
    ],
)
async def test_what_takes_a_dyad_away_says_why(
    case: Case, action: str, reason: str | None, code: str
) -> None:
    told = (await case.tell("threatens", THREATENING, "victim")).json()
    answer = await case.change(told, action, reason)
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/reason", code)]
    assert (await case.change({**told, "version": 9}, "confirm")).status_code == 412


async def test_only_people_of_the_case_and_only_for_who_may_see_it(case: Case) -> None:
    told = (await case.tell("threatens", THREATENING, "victim", note="Salajane")).json()
    stranger = Case(case.served, case.id, {**case.people, "child": str(uuid4())})
    answer = await stranger.tell("threatens", THREATENING, "child")
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("/to/personId", "not-in-case")
    ]
    elsewhere = "dev:coordinator:rakvere:"
    assert (await case.tell("threatens", THREATENING, "child", subject=elsewhere)).status_code == 404
    assert (await case.served.ask(f"/cases/{case.id}/relations", elsewhere)).status_code == 404
    assert await case.listed(subject=CHAIR) == [told]
    assert (await case.tell("parent", "victim", "child", subject=POLICE)).status_code == 201
    assert (await case.tell("parent", "victim", "child", subject=CHAIR)).status_code == 403


async def test_the_number_of_statements_does_not_grow(case: Case) -> None:
    counts = []
    for target in ("victim", "child"):
        await case.tell("threatens", THREATENING, target)
        with heard(case.served.app.state.database) as told:
            await case.listed()
        counts.append(len(told))
    assert counts[0] == counts[1]
