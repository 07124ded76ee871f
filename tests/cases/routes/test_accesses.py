"""Who came to a case is what the audit log says, over HTTP."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from services.kit import keys
from services.kit.audit import Handles
from tests.cases.statements import heard

Build = Callable[..., Any]
COORDINATOR, POLICE, CHAIR = "dev:coordinator:polva:", "dev:agency-member:polva:police", "dev:chair:polva:"


@pytest.fixture
async def case(served: Any, a_message: Build) -> str:
    return str(await served.opened(a_message(), "police"))


async def _listed(served: Any, case: str, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = await served.ask(f"/cases/{case}/accesses?limit=3{query}{cursor}", COORDINATOR)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = "&cursor=" + page["next"].replace("+", "%2B")


async def _come(served: Any, case: str) -> None:
    """Several people in several ways, two of them in vain."""
    shown = (await served.ask(f"/cases/{case}", COORDINATOR)).json()
    await served.ask(f"/cases/{case}", POLICE)
    await served.ask("/cases", CHAIR)
    await served.ask(f"/referrals/{shown['referrals'][0]['id']}", POLICE)
    await served.ask(f"/people/{shown['persons'][0]['personId']}", CHAIR)
    await served.ask(f"/cases/{case}", "dev:coordinator:rakvere:")
    await served.ask(f"/cases/{case}", "dev:agency-member:polva:probation")


async def test_the_list_equals_the_audit_log(served: Any, case: str, a_message: Build) -> None:
    await served.opened(a_message(region="rakvere"), "police")
    await _come(served, case)
    handle = Handles(keys.load_secret(served.folder, "cases.audit")).of(case)
    wanted = [
        str(row["id"])
        for row in await served.world.rows(
            "select id from audit where objects @> array[$1::text] order by recorded_at desc, id desc", handle
        )
    ]
    found = await _listed(served, case)
    looks = [one["id"] for one in found if one["operation"] == "list_accesses"]
    assert [one["id"] for one in found] == [*looks, *wanted]  # the pages before the last are accesses, too
    assert len(wanted) >= 7


async def test_it_says_who_saw_what_why_and_when(served: Any, case: str) -> None:
    await _come(served, case)
    [read] = [one for one in await _listed(served, case, f"&by={POLICE}") if one["operation"] == "get_case"]
    told = {name: read[name] for name in ("by", "kind", "roles", "offices", "purpose", "action", "rules")}
    assert told == {
        "by": POLICE,
        "kind": "member",
        "roles": ["agency-member"],
        "offices": ["agency=police", "region=polva"],
        "purpose": "case-work",
        "action": "read",
        "rules": ["agency-read"],
    }
    assert "contact" in read["fields"]
    kinds = [thing["kind"] for thing in read["about"]]
    assert sorted(set(kinds)) == ["case", "person", "referral"]
    assert {thing["id"] for thing in read["about"] if thing["kind"] == "case"} == {case}


async def test_of_another_case_on_the_same_list_nothing_is_told(
    served: Any, case: str, a_message: Build, a_person: Build
) -> None:
    other = await served.opened(a_message(), "police")
    await served.ask("/cases", POLICE)
    [listed] = [one for one in await _listed(served, case) if one["operation"] == "list_cases"]
    assert [thing["id"] for thing in listed["about"]] == [case]
    assert UUID(other)


async def test_owners_alone_read_it(served: Any, case: str) -> None:
    path = f"/cases/{case}/accesses"
    assert (await served.ask(path, POLICE)).status_code == 403
    assert (await served.ask(path, CHAIR)).status_code == 403
    assert (await served.ask(path, "dev:coordinator:rakvere:")).status_code == 404


@pytest.mark.parametrize(
    "cursor", ["x", "2017-03-02.x", "2017-05-04T12:00:00.0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"]
)
async def test_what_is_no_place_in_it_is_malformed(served: Any, case: str, cursor: str) -> None:
    assert (await served.ask(f"/cases/{case}/accesses?cursor={cursor}", COORDINATOR)).status_code == 422


async def test_the_number_of_statements_is_the_same_however_much_there_is(served: Any, case: str) -> None:
    counts = []
    for _ in range(2):
        with heard(served.app.state.database) as told:
            await served.ask(f"/cases/{case}/accesses", COORDINATOR)
        counts.append(len(told))
        await _come(served, case)
    assert counts[0] == counts[1]
