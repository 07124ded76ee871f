"""The operations about terms, erasures and access of people that take a JSON body."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from tests.contracts.door import CANARY, Body, Call, Door, at
from tests.contracts.doors_closing import opened
from tests.contracts.together import Together


def _held(_: Together) -> Body:
    return {"ground": "court-case", "reason": CANARY}


async def _hold(house: Together) -> Call:
    path = f"/api/cases/v1/cases/{await opened(house)}/holds"
    return Call(path, lambda: house.caller("cases", "set_hold"))


async def _lift(house: Together) -> Call:
    call = await _hold(house)
    made = await house.http["cases"].post(call.path, json=_held(house), headers=call.headers)
    assert made.status_code == 201, made.text
    path = f"/api/cases/v1/holds/{made.json()['id']}/lift"
    return Call(path, lambda: house.caller("cases", "lift_hold") | {"if-match": '"1"'})


async def _refuse(house: Together) -> Call:
    erasure = uuid4()
    await house.rows(
        "cases",
        """insert into erasure (id, kind, case_id, region, rules, counted_from, because, due_on, state,
               proposed_at, proposed_on)
           values ($1, 'case', $2, 'polva', '2026-11', '2016-01-01', 'last-entry', '2026-01-01', 'proposed',
               now(), '2026-01-02')""",
        erasure,
        UUID(await opened(house)),
    )
    path = f"/api/cases/v1/erasures/{erasure}/refuse"
    return Call(path, lambda: house.caller("cases", "refuse_erasure") | {"if-match": '"1"'})


def _asked(_: Together) -> Body:
    return {"region": "polva", "personalCode": "48805042711", "receivedOn": "2017-05-04"}


async def _decide(house: Together) -> Call:
    made = await house.http["cases"].post(
        "/api/cases/v1/access-requests",
        json=_asked(house),
        headers=house.caller("cases", "record_access_request"),
    )
    assert made.status_code == 201, made.text
    path = f"/api/cases/v1/access-requests/{made.json()['id']}/decision"
    return Call(path, lambda: house.caller("cases", "decide_access_request") | {"if-match": '"1"'})


def _restricted(_: Together) -> Body:
    ground = {"ground": "life-and-health", "reason": CANARY, "until": "2028-01-01"}
    return {"decision": "restrict", "withheld": [], **ground}


RETENTION: Sequence[Door] = (
    Door(
        "cases",
        "record_access_request",
        "POST",
        at("/api/cases/v1/access-requests", "cases", "record_access_request"),
        _asked,
        (("receivedOn",),),
    ),
    Door("cases", "decide_access_request", "POST", _decide, _restricted, (("reason",),)),
    Door("cases", "set_hold", "POST", _hold, _held, (("ground",), ("reason",))),
    Door("cases", "lift_hold", "POST", _lift, lambda _: {"reason": "set-in-error"}, (("reason",),)),
    Door("cases", "refuse_erasure", "POST", _refuse, lambda _: {"reason": "still-needed"}, (("reason",),)),
)
