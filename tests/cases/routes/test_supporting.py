"""A support person's right to the own case: by the assignment alone, as long as it lasts."""

from collections.abc import Callable
from typing import Any

import pytest_asyncio

from tests.cases.routes.test_support import Pool, today

Build = Callable[..., Any]
WHO = "dev:support-person:polva:"


class Supported:
    """A case, and a support person who logs in and stands by its victim."""

    def __init__(self, pool: Pool, case: str, person: str) -> None:
        self.pool, self.case, self.person = pool, case, person

    async def ask(self, path: str, method: str = "GET", who: str = WHO, **rest: Any) -> Any:
        return await self.pool.served.ask(path, who, method, **rest)

    async def status(self) -> set[int]:
        """What they get of the case, one and in the list."""
        one = (await self.ask(f"/cases/{self.case}")).status_code
        listed = [each["id"] for each in (await self.ask("/cases")).json()["items"]]
        return {one, 200 if self.case in listed else 404}

    async def end(self, **changes: Any) -> None:
        shown = (await self.pool.ask("GET", f"/cases/{self.case}/support-assignments")).json()["items"]
        [now] = [one for one in shown if one["state"] == "active"]
        body = {"endedOn": today(), "reason": "victims-wish", **changes}
        path = f"/support-assignments/{now['id']}/ending"
        done = await self.pool.ask("POST", path, body, **{"If-Match": '"1"'})
        assert done.status_code == 200, done.text


@pytest_asyncio.fixture
async def supported(served: Any, a_message: Build) -> Supported:
    pool = Pool(served)
    case = await served.opened(a_message(), "police")
    person = (await pool.add(subject=WHO))["id"]
    assert (await pool.assign(case, person)).status_code == 201
    return Supported(pool, case, person)


async def test_the_assignment_opens_the_case_and_the_region_does_not(
    supported: Supported, a_message: Build, a_person: Build
) -> None:
    other = await supported.pool.served.opened(a_message(), "police")
    assert await supported.status() == {200}
    shown = (await supported.ask(f"/cases/{supported.case}")).json()
    assert {"identity", "contact"} <= shown["persons"][0].keys()
    assert "band" not in shown["referrals"][0]
    assert [each["id"] for each in (await supported.ask("/cases")).json()["items"]] == [supported.case]
    assert (await supported.ask(f"/cases/{other}")).status_code == 404
    colleague = "dev:support-person:rakvere:"
    assert (await supported.ask(f"/cases/{supported.case}", who=colleague)).status_code == 404
    for path in (f"/cases/{supported.case}/history", f"/cases/{supported.case}/actions", "/referrals"):
        assert (await supported.ask(path)).status_code == 403


async def test_it_ends_with_the_assignment_the_hand_over_and_the_contract(supported: Supported) -> None:
    terms = {"name": "Mari", "languages": ["et"], "places": 2, "contractFrom": today(-300), "subject": WHO}
    path = f"/support-persons/{supported.person}"
    changed = await supported.pool.ask("PUT", path, terms | {"contractTo": today()}, **{"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert await supported.status() == {404}
    await supported.pool.ask("PUT", path, terms, **{"If-Match": '"2"'})
    assert await supported.status() == {200}
    await supported.end(reason="handed-over", handOverTo=(await supported.pool.add(name="Teine"))["id"])
    assert await supported.status() == {404}


async def test_an_exclusion_is_stronger_than_the_assignment(supported: Supported) -> None:
    declared = await supported.ask(
        f"/cases/{supported.case}/conflicts", "POST", json={"kind": "relative", "reason": "Tunnen teda."}
    )
    assert declared.status_code == 201, declared.text
    assert await supported.status() == {404}


async def test_whoever_stands_by_her_writes_down_what_she_says_and_what_happens(
    supported: Supported,
) -> None:
    shown = (await supported.ask(f"/cases/{supported.case}")).json()
    victim = next(one["personId"] for one in shown["persons"] if one["role"] == "victim")
    fact = {"personId": victim, "kind": "objection", "value": "objects", "saidAt": f"{today(-1)}T10:00:00Z"}
    said = await supported.ask(f"/cases/{supported.case}/consent-facts", "POST", json=fact)
    assert said.status_code == 201, said.text
    standing = (await supported.ask(f"/cases/{supported.case}/consent")).json()
    assert standing["items"][0]["objectsSince"] is not None
    happened = {"kind": "threat", "occurredAt": f"{today(-1)}T10:00:00Z", "description": "Helistas."}
    told = await supported.ask(f"/cases/{supported.case}/incidents", "POST", json=happened)
    assert told.status_code == 201, told.text
    await supported.end()
    again = await supported.ask(f"/cases/{supported.case}/incidents", "POST", json=happened)
    assert again.status_code == 404
