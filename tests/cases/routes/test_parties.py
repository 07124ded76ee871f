"""Who is in a case: by referrals, and by hand."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from services.kit import personal_code
from tests.cases.statements import heard

Build = Callable[..., Any]
COORDINATOR = "dev:coordinator:polva:"
POLICE = "dev:agency-member:polva:police"


@pytest_asyncio.fixture
async def case(served: Any, a_message: Build) -> str:
    opened: str = await served.opened(a_message(), "police")
    return opened


def newcomer(**changes: Any) -> dict[str, Any]:
    return {
        "role": "other",
        "relationToVictim": "other-relative",
        "sex": "female",
        "givenName": "Leida",
        "familyName": "Tamm",
        "personalCode": None,
        "birthDate": "1950-02-03",
        "confidence": "told",
        "source": "victim",
        **changes,
    }


async def add(served: Any, case: str, subject: str = COORDINATOR, **changes: Any) -> httpx.Response:
    headers = changes.pop("headers", {})
    answer: httpx.Response = await served.ask(
        f"/cases/{case}/people", subject, "POST", json=newcomer(**changes), headers=headers
    )
    return answer


async def people(served: Any, case: str, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await served.ask(f"/cases/{case}/people{query}")).json()["items"]
    return items


async def remove(served: Any, added: dict[str, Any], reason: str = "not-of-case") -> httpx.Response:
    answer: httpx.Response = await served.ask(
        f"/case-people/{added['id']}/remove",
        COORDINATOR,
        "POST",
        json={"reason": reason},
        headers={"If-Match": f'"{added["version"]}"'},
    )
    return answer


async def test_whom_referrals_name_is_there_victim_first(served: Any, case: str) -> None:
    found = await people(served, case)
    assert [one["role"] for one in found] == ["victim", "child", "threatening-person"]
    assert {(one["origin"], one["state"]) for one in found} == {("referral", "taking-part")}


async def test_somebody_is_added_and_what_is_told_of_them_are_entries(served: Any, case: str) -> None:
    answer = await add(served, case)
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    added = answer.json()
    assert [one for one in await people(served, case) if one["origin"] == "hand"] == [added]
    told = (await served.ask(f"/cases/{case}/entries?person={added['personId']}")).json()["items"]
    nothing = dict.fromkeys(("givenName", "familyName", "kind", "personalCode", "birthDate"))
    assert {one["category"]: one["identity"] for one in told} == {
        "name": nothing | {"givenName": "Leida", "familyName": "Tamm", "kind": "legal"},
        "birth-date": nothing | {"birthDate": "1950-02-03"},
    }
    steps = (await served.ask(f"/cases/{case}/history")).json()["items"]
    assert [(one["machine"], one["action"]) for one in steps] == [
        ("party", "add"), ("entry", "record"), ("entry", "record"),
    ]  # fmt: skip


async def test_somebody_known_by_code_keeps_their_id(served: Any, case: str, a_message: Build) -> None:
    code = personal_code.make(date(1950, 2, 3), "female", 7)
    first = (await add(served, case, personalCode=code, birthDate=None)).json()
    persons = a_message()["persons"]
    other = {**persons[0], "personalCode": code, "birthDate": "1950-02-03"}
    referral = await served.taken(a_message(persons=[other]), sender_reference="A-2")
    [known] = (await served.ask(f"/referrals/{referral}")).json()["persons"]
    assert known["personId"] == first["personId"]


async def test_by_an_estimated_birth_date_nobody_is_recognised(served: Any, case: str) -> None:
    one = (await add(served, case, confidence="estimated")).json()
    other = (await add(served, case, confidence="estimated")).json()
    assert one["personId"] != other["personId"]


async def test_who_takes_part_already_is_not_added_in_another_role(
    served: Any, case: str, a_message: Build
) -> None:
    """The victim does not become a threatening person because somebody says so: roles are never merged."""
    victim = next(one for one in a_message()["persons"] if one["role"] == "victim")
    answer = await add(
        served, case, role="threatening-person", personalCode=victim["personalCode"], birthDate=None
    )
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:turvavork:problem:already-in-case")
    assert await served.world.count("case_person") == 0
    assert await served.world.count("person_entry") == 0


async def test_a_victim_is_not_added_by_hand(served: Any, case: str) -> None:
    answer = await add(served, case, role="victim")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/role"


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"source": "gossip"}, "/source", "unknown"),
        ({"confidence": "sure"}, "/confidence", "unknown"),
        ({"personalCode": "123"}, "/personalCode", "length"),
        ({"birthDate": "2099-01-01"}, "/birthDate", "in-future"),
    ],
)
async def test_a_rule_that_is_broken_is_named_with_its_field(
    served: Any, case: str, changes: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await add(served, case, **changes)
    assert answer.status_code == 422
    errors = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert (pointer, code) in errors
    assert await served.world.count("case_person") == 0


async def test_who_was_added_in_error_is_removed_with_a_reason_and_kept_from_sight(
    served: Any, case: str
) -> None:
    added = (await add(served, case)).json()
    answer = await remove(served, added)
    assert (answer.status_code, answer.json()["state"], answer.json()["reason"]) == (
        200, "removed", "not-of-case",
    )  # fmt: skip
    assert len(await people(served, case)) == 3
    assert len(await people(served, case, "?removed=true")) == 4
    again = await remove(served, answer.json())
    assert (again.status_code, again.json()["type"]) == (409, "urn:turvavork:problem:transition-refused")
    back = await add(served, case)
    assert (back.status_code, back.json()["personId"]) == (201, added["personId"])


async def test_a_reason_must_be_published_and_the_version_the_last(served: Any, case: str) -> None:
    added = (await add(served, case)).json()
    assert (await remove(served, added, "because")).json()["errors"][0]["pointer"] == "/reason"
    assert (await remove(served, {**added, "version": 5})).status_code == 412
    assert len(await people(served, case)) == 4


async def test_whom_a_referral_names_is_not_removed_by_hand(served: Any, case: str) -> None:
    victim = (await people(served, case))[0]
    assert (await remove(served, victim)).status_code == 404
    assert (await remove(served, {"id": str(uuid4()), "version": 1})).status_code == 404


async def test_the_same_key_adds_once(served: Any, case: str) -> None:
    once = {"Idempotency-Key": "k-1"}
    first = await add(served, case, headers=once)
    again = await add(served, case, headers=once)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert await served.world.count("case_person") == 1


async def test_an_agency_sees_who_is_in_its_case_and_adds_nobody(served: Any, case: str) -> None:
    assert (await served.ask(f"/cases/{case}/people", POLICE)).status_code == 200
    assert (await add(served, case, POLICE)).status_code == 403
    assert (await served.ask(f"/cases/{case}/people", "dev:coordinator:rakvere:")).status_code == 404
    assert (await add(served, case, "dev:coordinator:rakvere:")).status_code == 404


async def test_the_number_of_statements_does_not_grow(served: Any, case: str) -> None:
    counts = []
    for birth in ("1950-02-03", "1951-02-03"):
        await add(served, case, birthDate=birth)
        with heard(served.app.state.database) as told:
            await people(served, case)
        counts.append(len(told))
    assert counts[0] == counts[1]
