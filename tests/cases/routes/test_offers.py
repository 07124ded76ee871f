"""Services by need: offered, accepted, refused, given and ended; an objection stops what is offered."""

from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.cases.routes.test_support import today
from tests.cases.statements import heard

Build = Callable[..., Any]
COORDINATOR, POLICE = "dev:coordinator:polva:", "dev:agency-member:polva:police"
SUPPORT = "dev:agency-member:polva:victim-support"


class Case:
    """A case in which victim support takes part, and its people by role."""

    def __init__(self, served: Any, case: str, people: dict[str, str]) -> None:
        self.served, self.id, self.people = served, case, people

    async def ask(self, path: str, method: str = "GET", who: str = COORDINATOR, **rest: Any) -> Any:
        return await self.served.ask(path, who, method, **rest)

    async def offer(self, who: str = COORDINATOR, **changes: Any) -> Any:
        body = {
            "personId": self.people["victim"],
            "service": "crisis-help",
            "agency": "victim-support",
            "offeredOn": today(-3),
            "need": "Uni ja ärevus.",
            **changes,
        }
        return await self.ask(f"/cases/{self.id}/service-offers", "POST", who, json=body)

    async def act(self, offer: str, verb: str, version: int, who: str = COORDINATOR, **body: Any) -> Any:
        path = f"/service-offers/{offer}/{verb}"
        headers = {"If-Match": f'"{version}"'}
        return await self.ask(path, "POST", who, json={"on": today(-1), **body}, headers=headers)

    async def states(self) -> dict[str, str]:
        listed = (await self.ask(f"/cases/{self.id}/service-offers")).json()["items"]
        return {one["id"]: one["state"] for one in listed}

    async def object(self, person: str) -> None:
        fact = {
            "personId": person,
            "kind": "objection",
            "value": "objects",
            "saidAt": f"{today(-1)}T10:00:00Z",
        }
        said = await self.ask(f"/cases/{self.id}/consent-facts", "POST", json=fact)
        assert said.status_code == 201, said.text


@pytest_asyncio.fixture
async def case(served: Any, a_message: Build, a_person: Build, a_referral: Build) -> Case:
    opened = await served.opened(a_message(), "police", "victim-support")
    shown = (await served.ask(f"/cases/{opened}")).json()
    return Case(served, opened, {one["role"]: one["personId"] for one in shown["persons"]})


def _codes(answer: Any) -> set[str]:
    return {error["code"] for error in answer.json()["errors"]}


async def test_a_service_goes_its_way_and_each_step_is_kept(case: Case) -> None:
    made = await case.offer(SUPPORT)
    assert (made.status_code, made.json()["state"], made.headers["etag"]) == (201, "offered", '"1"')
    offer = made.json()["id"]
    early = await case.act(offer, "acceptance", 1, on=today(-9))
    assert (early.status_code, _codes(early)) == (422, {"before-start"})
    assert (await case.act(offer, "ending", 1, reason="completed")).status_code == 409
    assert (await case.act(offer, "acceptance", 1, SUPPORT)).json()["answeredOn"] == today(-1)
    assert (await case.act(offer, "acceptance", 1)).status_code == 412
    assert (await case.act(offer, "beginning", 2, SUPPORT)).json()["state"] == "given"
    odd = await case.act(offer, "ending", 3, reason="no-such-reason")
    assert (odd.status_code, _codes(odd)) == (422, {"unknown"})
    done = await case.act(offer, "ending", 3, SUPPORT, reason="completed", on=today())
    assert (done.json()["state"], done.json()["endedOn"], done.json()["reason"]) == (
        "ended", today(), "completed",
    )  # fmt: skip
    steps = (await case.ask(f"/cases/{case.id}/history")).json()["items"]
    told = [one["action"] for one in steps if one["machine"] == "service-offer"]
    assert told == ["end", "begin", "accept", "offer"]
    [kept] = await case.served.world.rows("select sealed from service_offer")
    assert b"Uni" not in kept["sealed"]


async def test_an_objection_stops_what_is_offered_at_once_and_every_new_offer(case: Case) -> None:
    offered, accepted, given = [(await case.offer()).json()["id"] for _ in range(3)]
    child = await case.offer(
        personId=case.people["child"], service="child-protection", agency="local-government"
    )
    assert child.status_code == 201, child.text
    await case.act(accepted, "acceptance", 1)
    await case.act(given, "acceptance", 1)
    await case.act(given, "beginning", 2)
    await case.object(case.people["victim"])
    assert await case.states() == {
        offered: "stopped", accepted: "stopped", given: "given", child.json()["id"]: "offered",
    }  # fmt: skip
    again = await case.offer()
    assert (again.status_code, again.json()["type"]) == (409, "urn:turvavork:problem:offers-stopped")
    assert (await case.act(offered, "acceptance", 2)).status_code == 409
    other = await case.offer(personId=case.people["child"], service="school-support", agency="school")
    assert other.status_code == 201


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"service": "no-such-service"}, {"unknown"}),
        ({"service": "giving-up-violence"}, {"not-for-role"}),
        ({"agency": "school"}, {"does-not-give"}),
        ({"offeredOn": "2099-01-01", "need": None}, {"future", "required"}),
        ({"personId": "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"}, {"not-in-case"}),
        ({"entryId": "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"}, {"unknown"}),
    ],
)
async def test_what_cannot_be_offered_is_refused(
    case: Case, changes: dict[str, Any], codes: set[str]
) -> None:
    answer = await case.offer(**changes)
    assert (answer.status_code, _codes(answer)) == (422, codes)
    assert await case.states() == {}


async def test_a_recorded_need_is_met_by_a_service(case: Case) -> None:
    entry = {
        "category": "need",
        "personId": case.people["victim"],
        "source": "victim",
        "role": "victim",
        "value": {"text": "Uni."},
    }
    kept = await case.ask(f"/cases/{case.id}/entries", "POST", json=entry)
    assert kept.status_code == 201, kept.text
    made = await case.offer(entryId=kept.json()["id"], need=None)
    assert (made.status_code, made.json()["entryId"]) == (201, kept.json()["id"])


async def test_an_agency_answers_for_its_own_services_alone(case: Case) -> None:
    assert (await case.offer(POLICE)).status_code == 404
    offer = (await case.offer(SUPPORT)).json()["id"]
    assert (await case.act(offer, "acceptance", 1, POLICE)).status_code == 404
    shown = await case.ask(f"/service-offers/{offer}", who=POLICE)
    assert shown.json()["need"] == "Uni ja ärevus."
    chair = await case.ask(f"/service-offers/{offer}", who="dev:chair:polva:")
    assert "need" not in chair.json()
    for stranger in ("dev:agency-member:polva:probation", "dev:coordinator:rakvere:"):
        assert (await case.ask(f"/service-offers/{offer}", who=stranger)).status_code == 404
        assert (await case.ask(f"/cases/{case.id}/service-offers", who=stranger)).status_code == 404


async def test_the_list_is_paged_filtered_and_its_statements_do_not_grow(case: Case) -> None:
    first = (await case.offer(offeredOn=today(-5))).json()["id"]
    counts = []
    for _ in range(2):
        await case.offer()
        with heard(case.served.app.state.database) as statements:
            await case.ask(f"/cases/{case.id}/service-offers")
        counts.append(len(statements))
    assert counts[0] == counts[1]
    await case.act(first, "refusal", 1, reason="not-now")
    path = f"/cases/{case.id}/service-offers?limit=2"
    page = (await case.ask(path)).json()
    rest = (await case.ask(f"{path}&cursor={page['next']}")).json()
    assert [one["id"] for one in rest["items"]] == [first]
    refused = (await case.ask(f"{path}&state=refused")).json()["items"]
    assert [one["id"] for one in refused] == [first]
