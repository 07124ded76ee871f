"""Support persons: operations that take a JSON body."""

from collections.abc import Sequence
from typing import Any

from tests.contracts.door import CANARY, Body, Call, Door, at
from tests.contracts.doors_cases import opened, today
from tests.contracts.together import Together

_POOL = "/api/cases/v1/regions/polva/support-persons"
_PERSON: dict[str, Any] = {"name": CANARY, "languages": ["et"], "places": 9, "contractFrom": "2017-01-01"}
_MODULES = ("module-1", "module-2", "module-3")
#: Whom the last call is about.
_LAST: dict[str, str] = {}


async def _post(house: Together, operation: str, path: str, body: Body) -> Body:
    answer = await house.http["cases"].post(path, json=body, headers=house.caller("cases", operation))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def _person(house: Together, modules: Sequence[str] = _MODULES) -> str:
    made = await _post(house, "add_support_person", _POOL, _PERSON)
    path = f"/api/cases/v1/support-persons/{made['id']}/trainings"
    for module in modules:
        await _post(house, "record_training", path, {"module": module, "completedOn": "2018-01-01"})
    _LAST["person"] = str(made["id"])
    return _LAST["person"]


async def _change(house: Together) -> Call:
    path = f"/api/cases/v1/support-persons/{await _person(house, ())}"
    return Call(path, lambda: house.caller("cases", "change_support_person") | {"if-match": '"1"'})


async def _train(house: Together) -> Call:
    path = f"/api/cases/v1/support-persons/{await _person(house, ())}/trainings"
    return Call(path, lambda: house.caller("cases", "record_training"))


async def _supervise(house: Together) -> Call:
    await _person(house, ())
    path = "/api/cases/v1/regions/polva/supervisions"
    return Call(path, lambda: house.caller("cases", "record_supervision"))


async def assigning(house: Together) -> Call:
    """To assign somebody new to a new case, with :func:`assignment`."""
    await _person(house)
    case = (await opened(house))["caseId"]
    path = f"/api/cases/v1/cases/{case}/support-assignments"
    return Call(path, lambda: house.caller("cases", "assign_support_person"))


def assignment() -> Body:
    """Whom the last call is about, from today on."""
    return {"supportPerson": _LAST.get("person", ""), "startedOn": today()}


async def _end(house: Together) -> Call:
    call = await assigning(house)
    [made] = (await _post(house, "assign_support_person", call.path, assignment()))["items"]
    path = f"/api/cases/v1/support-assignments/{made['id']}/ending"
    return Call(path, lambda: house.caller("cases", "end_support") | {"if-match": '"1"'})


SUPPORT: Sequence[Door] = (
    Door(
        "cases",
        "add_support_person",
        "POST",
        at(_POOL, "cases", "add_support_person"),
        lambda _: dict(_PERSON),
        (("name",), ("languages",), ("places",)),
    ),
    Door(
        "cases",
        "change_support_person",
        "PUT",
        _change,
        lambda _: dict(_PERSON),
        (("name",), ("languages",), ("places",)),
    ),
    Door(
        "cases",
        "record_training",
        "POST",
        _train,
        lambda _: {"module": "module-1", "completedOn": "2018-01-01"},
        (),
    ),
    Door(
        "cases",
        "record_supervision",
        "POST",
        _supervise,
        lambda _: {
            "kind": "covision",
            "heldOn": "2018-01-01",
            "minutes": 60,
            "participants": [_LAST.get("person", "")],
        },
        (("kind",), ("heldOn",), ("minutes",)),
    ),
    Door(
        "cases",
        "assign_support_person",
        "POST",
        assigning,
        lambda _: assignment(),
        (),
    ),
    Door(
        "cases",
        "end_support",
        "POST",
        _end,
        lambda _: {"endedOn": today(), "reason": "no-longer-needed"},
        (("reason",),),
    ),
)
