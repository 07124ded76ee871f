"""What services do for each other: nobody else does it, and no service lends its rights to a person."""

import json
from typing import Any

import pytest

from services.kit.ids import new_reference
from tests.cases.routes.access.doors import DOORS as PEOPLE
from tests.cases.routes.access.house import ASKERS, POLIS, House
from tests.cases.routes.access.oracle import ROOT, Asker, at_the_door, operations_of_people, purposes, rules

pytestmark = pytest.mark.xdist_group("access")
#: Operation: method, path, and what comes back to who gets past the door with nothing sensible to say.
DOORS: dict[str, tuple[str, str, int]] = {
    "take_referral": ("PUT", f"/intake/{new_reference()}", 422),
    "take_referrals": ("POST", "/intake", 422),
    "correct_referral": ("PUT", f"/intake/{new_reference()}/correction", 422),
    "withdraw_referral": ("PUT", f"/intake/{new_reference()}/withdrawal", 422),
    "take_incident": ("PUT", f"/intake/incidents/{new_reference()}", 422),
    "get_intake_status": ("GET", f"/intake/{new_reference()}", 404),
    "list_events": ("GET", "/events?limit=1", 200),
    "get_notice": ("GET", "/notices/0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11", 404),
    "get_child_notice": (
        "GET",
        "/notices/0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11/children/0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c12",
        404,
    ),
    "get_child_notices": ("POST", "/notices/children", 422),
    "ask_flag": ("POST", "/flags", 422),
    "list_disclosures": ("GET", "/disclosures?limit=1", 200),
    "list_offices": ("GET", "/offices?subject=m-unheard-of", 200),
}
#: Done within the service, behind no route.
INSIDE = {
    "watch_accesses",
    "score_referral",
    "ask_call_outs",
    "find_repeats",
    "expire_shares",
    "rotate_keys",
    "create_session",
    "receive_logout",
    "seed_members",
    "notify_members",
    "propose_erasures",
    "carry_out_erasures",
}
#: Who logs in, or whose issuer says that somebody has logged out, has no token of ours yet.
WITHOUT_TOKEN = {"create_session", "receive_logout"}
CALLERS = (
    *ASKERS,
    Asker("exchange-intake", "worker:intake", service="exchange"),
    Asker("intake-of-another", "worker:intake", service="riskscore"),
    Asker("xroad-through-indicators", POLIS, service="indicators"),
)


def test_every_operation_of_the_table_is_met_somewhere() -> None:
    known = {operation for rule in rules() for operation in rule["operations"]}
    assert known == DOORS.keys() | INSIDE | set(operations_of_people())


@pytest.mark.parametrize("operation", DOORS)
@pytest.mark.parametrize("asker", CALLERS, ids=str)
async def test_the_door_opens_to_whom_the_table_names(house: House, asker: Asker, operation: str) -> None:
    method, path, inside = DOORS[operation]
    body: Any = {} if method in {"PUT", "POST"} else None
    for purpose in purposes():
        answer = await house.ask(asker, path, purpose, method=method, json=body)
        refusal = at_the_door(asker, operation, purpose)
        if refusal is None:
            assert answer.status == inside
        else:
            assert (answer.status, answer.slug) == (refusal.status, refusal.slug)


async def test_every_door_opens_to_somebody() -> None:
    for operation in DOORS:
        assert [
            asker.name
            for asker in CALLERS
            for purpose in purposes()
            if at_the_door(asker, operation, purpose) is None
        ]


def test_every_published_operation_is_knocked_at_by_everybody() -> None:
    """The published document is the inventory: an operation without a door does not pass by unseen."""
    document = json.loads((ROOT / "openapi/cases.json").read_text())
    published = {
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and "operationId" in operation
    }
    assert published - WITHOUT_TOKEN == DOORS.keys() | PEOPLE.keys()
