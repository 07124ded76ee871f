"""The operations of ``cases`` about offices that take a JSON body."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import count

from services.kit.calendar import local_date
from services.kit.clock import SystemClock
from tests.contracts.door import CANARY, Body, Call, Door, at
from tests.contracts.together import Together

_SERIALS = count(1)
_APPOINTMENTS = "/api/cases/v1/appointments"
_TODAY = local_date(SystemClock().now())
Who = Callable[[], Mapping[str, str]]


def _proposal() -> Body:
    return {
        "member": f"m-of-tests-{next(_SERIALS)}",
        "identity": None,
        "name": CANARY,
        "role": "agency-member",
        "region": "polva",
        "agency": "school",
        "validFrom": str(_TODAY),
        "validTo": None,
    }


async def _proposed(house: Together, *, approved: bool) -> str:
    """An appointment that the coordinator has proposed, and perhaps the chair approved."""
    asked = house.http["cases"]
    made = await asked.post(_APPOINTMENTS, json=_proposal(), headers=_coordinator(house)())
    assert made.status_code == 201, made.text
    path = f"{_APPOINTMENTS}/{made.json()['id']}"
    if approved:
        done = await asked.post(f"{path}/approve", headers={**_chair(house)(), "if-match": '"1"'})
        assert done.status_code == 200, done.text
    return path


def _coordinator(house: Together) -> Who:
    return lambda: house.person("coordinator", "case-work", region="polva")


def _chair(house: Together) -> Who:
    return lambda: house.person("chair", "case-work", region="polva")


async def _refuse(house: Together) -> Call:
    path = await _proposed(house, approved=False)
    return Call(f"{path}/refuse", lambda: {**_chair(house)(), "if-match": '"1"'})


async def _withdraw(house: Together) -> Call:
    path = await _proposed(house, approved=False)
    return Call(f"{path}/withdraw", lambda: {**_coordinator(house)(), "if-match": '"1"'})


async def _end(house: Together) -> Call:
    path = await _proposed(house, approved=True)
    return Call(f"{path}/end", lambda: {**_coordinator(house)(), "if-match": '"2"'})


async def _name(house: Together) -> Call:
    return Call(f"{await _proposed(house, approved=True)}/absences", _coordinator(house))


async def known(house: Together) -> dict[str, str]:
    """An appointment with an absence; sessions are of logins, and these callers come without one."""
    appointment, absence = await _absent(house)
    return {
        "appointment_id": appointment,
        "absence_id": absence,
        "session_id": "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11",
    }


async def _absent(house: Together) -> tuple[str, str]:
    path = await _proposed(house, approved=True)
    made = await house.http["cases"].post(f"{path}/absences", json=_absence(), headers=_coordinator(house)())
    assert made.status_code == 201, made.text
    return made.json()["id"], made.json()["absences"][0]["id"]


async def _back(house: Together) -> Call:
    _, absence = await _absent(house)
    back = f"/api/cases/v1/absences/{absence}/end"
    return Call(back, lambda: {**_coordinator(house)(), "if-match": '"1"'})


def _absence() -> Body:
    until = _TODAY + timedelta(days=7)
    return {
        "deputy": "dev:agency-member:polva:school",
        "absentFrom": str(_TODAY),
        "absentTo": str(until),
    }


_WHY = (("reason",),)
OFFICES: Sequence[Door] = (
    Door(
        "cases",
        "propose_appointment",
        "POST",
        at(_APPOINTMENTS, "cases", "propose_appointment"),
        lambda _: _proposal(),
        (("member",), ("name",), ("validFrom",)),
    ),
    Door("cases", "refuse_appointment", "POST", _refuse, lambda _: {"reason": "not-needed"}, _WHY),
    Door("cases", "withdraw_appointment", "POST", _withdraw, lambda _: {"reason": "not-needed"}, _WHY),
    Door(
        "cases",
        "end_appointment",
        "POST",
        _end,
        lambda _: {"reason": "other-duties", "validTo": None},
        (*_WHY, ("validTo",)),
    ),
    Door(
        "cases",
        "name_deputy",
        "POST",
        _name,
        lambda _: _absence(),
        (("deputy",), ("absentFrom",)),
    ),
    Door("cases", "end_absence", "POST", _back, lambda _: {"absentTo": str(_TODAY)}, (("absentTo",),)),
)
