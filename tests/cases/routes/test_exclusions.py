"""A case is kept from a member, over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

Build = Callable[..., Any]
COORDINATOR, POLICE = "dev:coordinator:polva:", "dev:agency-member:polva:police"
CHAIR = "dev:chair:polva:"
WHY = {"kind": "relative", "reason": "Kannatanu on tema õde."}


async def _exclude(served: Any, case: str, member: str, **more: Any) -> Any:
    headers = more.pop("headers", {})
    body = {"member": member, **WHY, **more}
    return await served.ask(f"/cases/{case}/exclusions", COORDINATOR, "POST", json=body, headers=headers)


@pytest.fixture
async def case(served: Any, a_message: Build) -> str:
    return str(await served.opened(a_message(), "police"))


async def test_who_is_excluded_has_no_such_case_any_more(served: Any, case: str) -> None:
    assert (await served.ask(f"/cases/{case}", POLICE)).status_code == 200
    made = await _exclude(served, case, POLICE)
    assert made.status_code == 201
    shown = made.json()
    assert {name: shown[name] for name in ("caseId", "member", "kind", "state", "reason", "until")} == {
        "caseId": case,
        "member": POLICE,
        "kind": "relative",
        "state": "in-force",
        "reason": WHY["reason"],
        "until": None,
    }
    for path in (f"/cases/{case}", f"/cases/{case}/history"):
        assert (await served.ask(path, POLICE)).status_code == 404
    for path in ("/cases", "/referrals"):
        assert (await served.ask(path, POLICE)).json()["items"] == []
    assert (await served.ask(f"/cases/{case}", COORDINATOR)).status_code == 200
    [row] = await served.world.rows("select reason_sealed from case_exclusion")
    assert WHY["reason"].encode() not in bytes(row[0])


async def test_ended_it_is_as_before_and_stays_in_the_list(served: Any, case: str) -> None:
    made = await _exclude(served, case, POLICE)
    path = f"/exclusions/{made.json()['id']}/end"
    assert (await served.ask(path, COORDINATOR, "POST")).status_code == 428
    assert (await served.ask(path, COORDINATOR, "POST", headers={"If-Match": '"7"'})).status_code == 412
    ended = await served.ask(path, COORDINATOR, "POST", headers={"If-Match": made.headers["etag"]})
    assert (ended.status_code, ended.json()["state"]) == (200, "ended")
    assert (await served.ask(f"/cases/{case}", POLICE)).status_code == 200
    again = await served.ask(path, COORDINATOR, "POST", headers={"If-Match": ended.headers["etag"]})
    assert again.json()["type"].endswith(":transition-refused")
    page = (await served.ask(f"/cases/{case}/exclusions", COORDINATOR)).json()
    assert [one["state"] for one in page["items"]] == ["ended"]
    steps = (await served.ask(f"/cases/{case}/history", COORDINATOR)).json()["items"]
    taken = {(step["machine"], step["action"]) for step in steps}
    assert taken == {("exclusion", "record"), ("exclusion", "end")}


async def test_a_conflict_is_declared_of_oneself_and_the_case_is_gone(served: Any, case: str) -> None:
    key = {"Idempotency-Key": "conflict-1"}
    path = f"/cases/{case}/conflicts"
    told = await served.ask(path, POLICE, "POST", json=WHY, headers=key)
    assert (told.status_code, told.json()["caseId"]) == (201, case)
    assert (await served.ask(path, POLICE, "POST", json=WHY, headers=key)).json() == told.json()
    assert (await served.ask(path, POLICE, "POST", json=WHY)).status_code == 404
    assert (await served.ask(f"/cases/{case}", POLICE)).status_code == 404
    [row] = await served.world.rows("select count(*) from case_exclusion")
    assert row[0] == 1


async def test_the_coordinator_who_keeps_away_cannot_let_oneself_in(served: Any, case: str) -> None:
    told = await served.ask(f"/cases/{case}/conflicts", COORDINATOR, "POST", json=WHY)
    path = f"/exclusions/{told.json()['id']}/end"
    assert (await served.ask(path, COORDINATOR, "POST", headers={"If-Match": '"1"'})).status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"member": "m-nobody"}, "/member"),
        ({"member": COORDINATOR}, "/member"),
        ({"until": "2017-01-01"}, "/until"),
        ({"kind": "friend"}, "/kind"),
        ({"reason": ""}, "/reason"),
    ],
)
async def test_what_breaks_a_rule_is_named_and_changes_nothing(
    served: Any, case: str, change: dict[str, Any], pointer: str
) -> None:
    answer = await _exclude(served, case, **{"member": POLICE, **change})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert await served.world.count("case_exclusion") == 0


async def test_one_is_enough(served: Any, case: str) -> None:
    key = {"Idempotency-Key": "one"}
    first = await _exclude(served, case, POLICE, headers=key)
    assert (await _exclude(served, case, POLICE, headers=key)).json() == first.json()
    assert (await _exclude(served, case, POLICE)).json()["type"].endswith(":exclusion-exists")


async def test_what_has_run_out_makes_place_for_a_new_one(served: Any, case: str) -> None:
    assert (await _exclude(served, case, POLICE, until="2199-01-01")).status_code == 201
    await served.world.rows("update case_exclusion set until = '2017-01-01'")
    assert (await _exclude(served, case, POLICE)).status_code == 201
    page = (await served.ask(f"/cases/{case}/exclusions?limit=1", COORDINATOR)).json()
    rest = (await served.ask(f"/cases/{case}/exclusions?cursor={page['next']}", COORDINATOR)).json()
    assert sorted(one["state"] for one in page["items"] + rest["items"]) == ["ended", "in-force"]


async def test_who_does_not_coordinate_excludes_nobody(served: Any, case: str) -> None:
    for who, status in ((POLICE, 403), (CHAIR, 403), ("dev:coordinator:rakvere:", 404)):
        answer = await served.ask(f"/cases/{case}/exclusions", who, "POST", json={"member": CHAIR, **WHY})
        assert answer.status_code == status
