"""The operations that close a case to somebody or break its glass, and take a JSON body."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from tests.contracts.door import CANARY, Body, Call, Door, at, entered, referral
from tests.contracts.together import Together

_POLICE = "dev:agency-member:polva:police"


async def opened(house: Together) -> str:
    """A case with the police in it; its id."""
    shown = await entered(house, referral())
    seen = {"if-match": f'"{shown["version"]}"'}
    answer = await house.http["cases"].post(
        f"/api/cases/v1/referrals/{shown['id']}/screening",
        json={"decision": "accept", "agencies": ["police"]},
        headers=house.caller("cases", "screen_referral") | seen,
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["caseId"])


def _on_a_case(operation: str, last: str) -> Door:
    async def call(house: Together) -> Call:
        path = f"/api/cases/v1/cases/{await opened(house)}/{last}"
        return Call(path, lambda: house.caller("cases", operation))

    return Door("cases", operation, "POST", call, _BODIES[operation], _PLACES[operation])


async def _seal(house: Together) -> Call:
    case = await opened(house)
    coordinator = house.caller("cases", "seal_case")
    sealed = await house.http["cases"].post(
        f"/api/cases/v1/cases/{case}/seal", json=_BODIES["seal_case"](house), headers=coordinator
    )
    assert sealed.status_code == 201, sealed.text
    path = f"/api/cases/v1/seals/{sealed.json()['id']}/members"
    return Call(path, lambda: house.caller("cases", "name_members") | {"if-match": '"1"'})


def _members(_: Together) -> Body:
    return {"members": ["dev:coordinator:polva:", _POLICE]}


_BODIES = {
    "exclude_member": lambda _: {"member": _POLICE, "kind": "relative", "reason": CANARY, "until": None},
    "declare_conflict": lambda _: {"kind": "declared", "reason": CANARY, "until": None},
    "seal_case": lambda house: {"reason": CANARY, **_members(house)},
}
_PLACES = {
    "exclude_member": (("member",), ("kind",), ("reason",), ("until",)),
    "declare_conflict": (("kind",), ("reason",), ("until",)),
    "seal_case": (("reason",), ("members",), ("members", 0)),
}
_REASON = f"{CANARY} stands at our door at night."


async def _report(house: Together) -> Call:
    case = await opened(house)
    broken = await house.http["cases"].post(
        "/api/cases/v1/break-glass",
        json={"caseId": case, "reason": _REASON},
        headers=house.person("agency-member", "case-work", region="rakvere", agency="police"),
    )
    assert broken.status_code == 201, broken.text
    [row] = await house.rows("cases", "select id from access_report where case_id = $1", UUID(case))
    path = f"/api/cases/v1/access-reports/{row['id']}/acknowledgement"
    return Call(path, lambda: house.caller("cases", "acknowledge_access_report") | {"if-match": '"1"'})


CLOSING: Sequence[Door] = (
    Door(
        "cases",
        "break_glass",
        "POST",
        at("/api/cases/v1/break-glass", "cases", "break_glass"),
        lambda _: {"caseId": str(uuid4()), "reason": _REASON},
        (("caseId",), ("reason",)),
    ),
    Door("cases", "acknowledge_access_report", "POST", _report, lambda _: {"note": CANARY}, (("note",),)),
    _on_a_case("exclude_member", "exclusions"),
    _on_a_case("declare_conflict", "conflicts"),
    _on_a_case("seal_case", "seal"),
    Door("cases", "name_members", "PUT", _seal, _members, (("members",), ("members", 0))),
)
