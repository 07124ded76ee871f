"""A case is sealed and opened again, over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

Build = Callable[..., Any]
COORDINATOR, POLICE = "dev:coordinator:polva:", "dev:agency-member:polva:police"
CHAIR, PROBATION = "dev:chair:polva:", "dev:agency-member:polva:probation"


@pytest.fixture
async def case(served: Any, a_message: Build) -> str:
    return str(await served.opened(a_message(), "police", "probation"))


async def _seal(served: Any, case: str, *members: str) -> Any:
    body = {"reason": "Ohustaja töötab asutuses.", "members": list(members) or [COORDINATOR, POLICE]}
    return await served.ask(f"/cases/{case}/seal", COORDINATOR, "POST", json=body)


async def _do(served: Any, seal: Any, verb: str, who: str, **more: Any) -> Any:
    tag = {"If-Match": f'"{seal["version"]}"'}
    method = more.pop("method", "POST")
    return await served.ask(f"/seals/{seal['id']}/{verb}", who, method, headers=tag, **more)


async def test_a_sealed_case_is_there_for_whom_it_names_alone(served: Any, case: str) -> None:
    sealed = await _seal(served, case)
    assert (sealed.status_code, sealed.json()["members"]) == (201, [POLICE, COORDINATOR])
    for who in (COORDINATOR, POLICE):
        assert (await served.ask(f"/cases/{case}", who)).status_code == 200
        assert len((await served.ask("/cases", who)).json()["items"]) == 1
    for who in (CHAIR, PROBATION):
        for path in (f"/cases/{case}", f"/cases/{case}/seal", f"/cases/{case}/history"):
            assert (await served.ask(path, who)).status_code in {403, 404}
        assert (await served.ask("/cases", who)).json()["items"] == []
        assert (await served.ask("/referrals", who)).json()["items"] == []
    [row] = await served.world.rows("select reason_sealed from case_seal")
    assert b"Ohustaja" not in bytes(row[0])


async def test_two_persons_of_two_agencies_take_it_off(served: Any, case: str) -> None:
    seal = (await _seal(served, case)).json()
    asked = await _do(served, seal, "unsealing", COORDINATOR)
    assert asked.json()["unsealing"]["agency"] == "victim-support"
    alone = await _do(served, asked.json(), "unseal", COORDINATOR)
    assert (alone.status_code, alone.json()["type"].rpartition(":")[2]) == (409, "second-agency-needed")
    assert (await served.ask(f"/cases/{case}", CHAIR)).status_code == 404
    done = await _do(served, asked.json(), "unseal", POLICE)
    assert (done.status_code, done.json()["state"]) == (200, "unsealed")
    assert "reason" not in done.json()  # not for an agency's eyes
    assert (await served.ask(f"/cases/{case}", CHAIR)).status_code == 200
    assert (await served.ask(f"/cases/{case}/seal", COORDINATOR)).status_code == 404
    assert (await _seal(served, case)).status_code == 201  # and again


async def test_what_was_not_proposed_is_not_taken_off(served: Any, case: str) -> None:
    seal = (await _seal(served, case)).json()
    refused = await _do(served, seal, "unseal", POLICE)
    assert refused.json()["type"].endswith(":transition-refused")
    asked = (await _do(served, seal, "unsealing", POLICE)).json()
    kept = (await _do(served, asked, "keep", COORDINATOR)).json()
    assert (kept["state"], kept["unsealing"]) == ("sealed", None)
    assert (await _do(served, asked, "unseal", COORDINATOR)).status_code == 412


async def test_who_chairs_for_no_agency_has_no_word(served: Any, case: str) -> None:
    seal = (await _seal(served, case, COORDINATOR, CHAIR)).json()
    answer = await _do(served, seal, "unsealing", CHAIR)
    assert answer.json()["type"].endswith(":second-agency-needed")


async def test_others_are_named_and_no_longer(served: Any, case: str) -> None:
    seal = (await _seal(served, case)).json()
    body = {"members": [COORDINATOR, CHAIR]}
    named = await _do(served, seal, "members", COORDINATOR, method="PUT", json=body)
    assert (named.status_code, named.json()["members"]) == (200, [CHAIR, COORDINATOR])
    assert (await served.ask(f"/cases/{case}", CHAIR)).status_code == 200
    assert (await served.ask(f"/cases/{case}", POLICE)).status_code == 404


@pytest.mark.parametrize(
    ("members", "pointer"), [([POLICE], "/members"), ([COORDINATOR, "m-nobody"], "/members/1")]
)
async def test_whoever_seals_is_named_and_all_who_are_named_are_members(
    served: Any, case: str, members: list[str], pointer: str
) -> None:
    answer = await _seal(served, case, *members)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await served.ask(f"/cases/{case}", CHAIR)).status_code == 200


async def test_a_case_has_one_seal(served: Any, case: str) -> None:
    await _seal(served, case)
    assert (await _seal(served, case)).json()["type"].endswith(":case-sealed")
