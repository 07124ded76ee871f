"""Who might be the same person, and who is: explained, proposed, done, followed, undone."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio

from services.kit import personal_code
from services.kit.clock import SystemClock
from tests.cases.statements import heard

Build = Callable[..., Any]
POLIS = "ee-dev/GOV/70008747/polis"
COORDINATOR = "dev:coordinator:polva:"
POLICE = "dev:agency-member:polva:police"


class World:
    """Two cases of one region whose victims are one woman, told in two ways."""

    def __init__(self, served: Any, message: dict[str, Any]) -> None:
        self.served, self.message = served, message
        self.mari = self.tatjana = ""

    async def case(self, region: str = "polva", **victim: Any) -> dict[str, Any]:
        """A case about a victim and a threatening person of their own; the victim's id."""
        day = (SystemClock().now() - timedelta(days=5)).date().isoformat()
        told = [one for one in self.message["persons"] if one["role"] != "child"]
        fresh = {"personalCode": None, "birthDate": "1979-08-09", "givenName": f"Keegi{uuid4().hex[:6]}"}
        persons = [{**told[0], **victim}, {**told[1], **fresh}]
        message = {**self.message, "region": region, "referredOn": day, "persons": persons}
        message["assessment"] = {**message["assessment"], "completedOn": day}
        self.count = getattr(self, "count", 0) + 1
        referral = await self.served.taken(message, sender_reference=f"M-{self.count}")
        answer = await self.served.ask(
            f"/referrals/{referral}/screening",
            f"dev:coordinator:{region}:",
            "POST",
            json={"decision": "accept", "agencies": ["police"]},
            headers={"If-Match": '"1"'},
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def ask(
        self, path: str, body: Any = None, subject: str = COORDINATOR, version: int = 1
    ) -> httpx.Response:
        method = "GET" if body is None else "POST"
        answer: httpx.Response = await self.served.ask(
            path, subject, method, json=body, headers={"If-Match": f'"{version}"'}
        )
        return answer

    async def merged(self, one: str, other: str, reason: str = "told-otherwise") -> dict[str, Any]:
        proposed = await self.ask(f"/people/{one}/merges", {"other": other, "reason": reason})
        assert proposed.status_code == 201, proposed.text
        done = await self.ask(f"/person-merges/{proposed.json()['id']}/decide", {"decision": "merge"})
        assert done.status_code == 200, done.text
        found: dict[str, Any] = done.json()
        return found

    async def parts(self, person: str, subject: str = COORDINATOR) -> list[Any]:
        items: list[Any] = (await self.ask(f"/people/{person}", subject=subject)).json()["items"]
        return items

    async def flag(self, code: str) -> str:
        answer = await self.served.http.post(
            "/api/cases/v1/flags",
            json={"personalCode": code},
            headers=self.served.headers(POLIS, "exchange", "flagging"),
        )
        return str(answer.json()["flag"])


def _person(case: dict[str, Any], role: str = "victim") -> str:
    return next(str(one["personId"]) for one in case["persons"] if one["role"] == role)


@pytest_asyncio.fixture
async def world(served: Any, a_message: Build) -> World:
    return World(served, a_message())


BARE = {"personalCode": None, "birthDate": "1984-06-05", "familyName": "Petrova"}


async def test_a_double_is_proposed_with_its_reasons(world: World) -> None:
    mari = _person(await world.case(**BARE, givenName="Татьяна"))
    double = _person(await world.case(**{**BARE, "birthDate": "1984-05-06"}, givenName="Tatjana"))
    exact = _person(await world.case(**{**BARE, "familyName": "Петрова"}, givenName="Tatyana"))
    swapped = _person(await world.case(**{**BARE, "familyName": "Tatjana"}, givenName="Petrova"))
    nobody = _person(await world.case(**{**BARE, "birthDate": "1990-01-01"}, givenName="Anna"))
    answer = await world.ask(f"/people/{mari}/candidates")
    found = {one["personId"]: one for one in answer.json()["items"]}
    assert set(found) == {double, exact, swapped}
    assert nobody not in found
    agreed = {
        person: {each["field"]: each["agreement"] for each in one["fields"]} for person, one in found.items()
    }
    assert agreed[exact] == {
        "personal-code": "unknown", "birth-date": "same", "given-name": "same", "family-name": "same",
    }  # fmt: skip
    assert agreed[double]["birth-date"] == "swapped"
    assert agreed[swapped]["given-name"] == agreed[swapped]["family-name"] == "swapped"
    assert (found[exact]["verdict"], found[double]["verdict"]) == ("likely", "possible")
    for one in found.values():
        assert one["weight"] == one["priorWeight"] + sum(each["weight"] for each in one["fields"])
    assert answer.json()["items"][0]["personId"] == exact
    assert (await world.ask(f"/people/{mari}/candidates?limit=1")).json()["items"] == [found[exact]]


async def test_a_merge_is_followed_and_undone_exactly(world: World) -> None:
    code = world.message["persons"][0]["personalCode"]
    one = await world.case(givenName="Mari")
    other = await world.case(**BARE, givenName="Maria")
    mari, maria = _person(one), _person(other)
    before = [await world.parts(mari), await world.parts(maria)]
    tables = (
        "select * from person_index order by person_id, kind, value",
        "select * from participation order by id",
    )
    kept = [await world.served.world.rows(query) for query in tables]
    await world.served.world.rows("update marac_case set state = 'ended' where id = $1", one["caseId"])
    assert await world.flag(code) == "no"
    merge = await world.merged(mari, maria)
    assert merge["state"] == "merged"
    assert await world.flag(code) == "yes"  # by the open case in which she goes by the other id
    together = await world.parts(mari)
    assert sorted(str(part) for part in together) == sorted(str(part) for parts in before for part in parts)
    assert await world.parts(maria) == together
    assert {part["participant"]["personId"] for part in together} == {mari, maria}
    [waiting] = await world.served.world.rows(
        "select count(*) from referral where repeats_state = 'waiting' and repeats_due_at is not null"
    )
    assert waiting[0] == 2
    undone = await world.ask(f"/person-merges/{merge['id']}/undo", {"reason": "done-in-error"}, version=2)
    assert (undone.status_code, undone.json()["state"]) == (200, "undone")
    assert [await world.parts(mari), await world.parts(maria)] == before
    assert [await world.served.world.rows(query) for query in tables] == kept
    assert await world.flag(code) == "no"
    history = (await world.ask(f"/people/{mari}/merges")).json()["items"]
    assert [one["state"] for one in history] == ["undone"]
    again = await world.ask(f"/person-merges/{merge['id']}/undo", {"reason": "done-in-error"}, version=3)
    assert (again.status_code, again.json()["type"]) == (409, "urn:turvavork:problem:transition-refused")


async def test_a_new_referral_takes_the_ids_of_one_person_for_one(world: World) -> None:
    """Two of one name and birth date are not guessed between, unless a person has said that they are one."""
    one = _person(await world.case(givenName="Mari"))
    persons = world.message["persons"]
    same = {**BARE, "birthDate": persons[0]["birthDate"], "familyName": persons[0]["familyName"]}
    other = _person(await world.case(**{**same, "familyName": "Muu"}, givenName="Mari"))
    await world.served.world.rows(
        """insert into person_index select kind, value, $2::uuid from person_index
           where person_id = $1 and kind = 'name-birth'""",
        one,
        other,
    )
    third = _person(await world.case(**same, givenName="Mari"))
    assert third not in {one, other}
    await world.served.world.rows("delete from person_index where person_id = $1", third)
    await world.merged(one, other)
    assert _person(await world.case(**same, givenName="Mari")) in {one, other}


async def test_what_cannot_be_one_is_refused_and_says_why(world: World) -> None:
    first = await world.case(givenName="Mari")
    coded = {"personalCode": personal_code.make(date(1980, 1, 2), "female", 77), "birthDate": None}
    second = _person(await world.case(**{**BARE, **coded}, givenName="Anu"))
    victim, threatening = _person(first), _person(first, "threatening-person")

    async def refused(one: str, other: str, reason: str = "told-otherwise") -> Any:
        answer = await world.ask(f"/people/{one}/merges", {"other": other, "reason": reason})
        return answer.status_code, answer.json()["errors"][0]["code"]

    assert await refused(victim, victim) == (422, "same-person")
    assert await refused(victim, second, "because") == (422, "unknown")
    assert await refused(victim, threatening) == (409, "opposed-roles")
    assert await refused(victim, second) == (409, "two-codes")
    await world.merged(victim, second, "code-changed")
    assert await refused(second, victim) == (409, "already-one")
    assert await refused(second, threatening) == (409, "opposed-roles")  # by the group, not the id alone


async def test_a_person_decides_and_a_refusal_has_a_reason(world: World) -> None:
    one = _person(await world.case(**BARE, givenName="Mari"))
    other = _person(await world.case(**BARE, givenName="Maria"))
    body = {"other": other, "reason": "told-otherwise"}
    proposed = (await world.ask(f"/people/{one}/merges", body, POLICE)).json()
    assert (proposed["state"], proposed["decidedAt"]) == ("proposed", None)
    assert len(await world.parts(one)) == 1
    twice = await world.ask(f"/people/{other}/merges", {**body, "other": one})
    assert twice.json()["errors"][0]["code"] == "already-proposed"
    path = f"/person-merges/{proposed['id']}/decide"
    assert (await world.ask(path, {"decision": "merge"}, POLICE)).status_code == 403
    assert (await world.ask(path, {"decision": "merge"}, version=7)).status_code == 412
    assert (await world.ask(path, {"decision": "refuse"})).json()["errors"][0]["pointer"] == "/reason"
    refused = await world.ask(path, {"decision": "refuse", "reason": "other-person"})
    assert (refused.json()["state"], refused.json()["decisionReason"]) == ("refused", "other-person")
    assert len(await world.parts(one)) == 1


async def test_across_regions_only_who_sees_both_learns_of_it(world: World) -> None:
    here = _person(await world.case(**BARE, givenName="Mari"))
    there = _person(await world.case("rakvere", **{**BARE, "familyName": "Петрова"}, givenName="Mari"))
    assert here != there
    assert (await world.ask(f"/people/{here}/candidates")).json()["items"] == []
    body = {"other": there, "reason": "told-otherwise"}
    theirs = await world.ask(f"/people/{here}/merges", body)
    nothing = await world.ask(f"/people/{here}/merges", {**body, "other": str(uuid4())})
    assert theirs.status_code == nothing.status_code == 404
    assert theirs.json()["type"] == nothing.json()["type"]
    await world.served.world.rows(
        """insert into person_merge (id, one, other, state, reason, proposed_at, proposed_by, decided_at,
               decided_by)
           values (gen_random_uuid(), least($1::uuid, $2::uuid), greatest($1::uuid, $2::uuid), 'merged',
                   'told-otherwise', now(), 'm-1', now(), 'm-1')""",
        here,
        there,
    )
    assert [part["participant"]["personId"] for part in await world.parts(here)] == [here]
    assert (await world.ask(f"/people/{here}/merges")).json()["items"] == []
    assert (await world.ask(f"/people/{here}/candidates")).json()["same"] == [here]


async def test_every_step_leaves_a_row_and_no_names(world: World) -> None:
    one = _person(await world.case(**BARE, givenName="Mari"))
    other = _person(await world.case(**BARE, givenName="Maria"))
    merge = await world.merged(one, other)
    await world.ask(f"/person-merges/{merge['id']}/undo", {"reason": "other-person"}, version=2)
    rows = await world.served.world.rows(
        """select operation, action, cast(audit as text) as whole from audit
           where operation in ('propose_merge', 'decide_merge', 'undo_merge') and action <> 'read'"""
    )
    assert {tuple(row)[:2] for row in rows} == {
        ("propose_merge", "create"), ("decide_merge", "update"), ("undo_merge", "update"),
    }  # fmt: skip
    assert not [row for row in rows if "Mari" in row["whole"]]


async def test_the_number_of_statements_does_not_grow(world: World) -> None:
    mari = _person(await world.case(**BARE, givenName="Mari"))
    counts = []
    for number in range(3):
        await world.case(**{**BARE, "familyName": f"Petrov{number}"}, givenName="Mari")
        with heard(world.served.app.state.database) as told:
            answer = await world.ask(f"/people/{mari}/candidates")
        counts.append((len(told), len(answer.json()["items"])))
    assert [found for _, found in counts] == [1, 2, 3]
    assert len({told for told, _ in counts}) == 1
