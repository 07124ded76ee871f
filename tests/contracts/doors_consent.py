"""The operations of consent and of what follows from it that take a JSON body."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from services.kit.calendar import local_date
from services.kit.clock import SystemClock
from tests.contracts.door import CANARY, Body, Call, Door, entered, person, referral
from tests.contracts.together import Together

#: The victim of the last case.
_LAST: dict[str, str] = {}


async def opened(house: Together) -> str:
    """A case of a coordinator's; its id."""
    shown = await entered(house, referral(person(), person("threatening-person", "partner")))
    answer = await house.http["cases"].post(
        f"/api/cases/v1/referrals/{shown['id']}/screening",
        json={"decision": "accept", "agencies": []},
        headers=house.caller("cases", "screen_referral") | {"if-match": f'"{shown["version"]}"'},
    )
    assert answer.status_code == 200, answer.text
    _LAST["person"] = shown["persons"][0]["personId"]
    return str(answer.json()["caseId"])


def _fact(_: Together) -> Body:
    return {
        "personId": _LAST.get("person", str(uuid4())),
        "kind": "consent",
        "value": "given",
        "saidAt": "2017-03-02T10:00:00Z",
        "scope": ["sharing"],
        "manner": "in-person",
        "language": "et",
        "capacity": "able",
        "agency": "police",
        "note": CANARY,
    }


async def _record(house: Together) -> Call:
    path = f"/api/cases/v1/cases/{await opened(house)}/consent-facts"
    return Call(path, lambda: house.caller("cases", "record_consent_fact"))


async def _void(house: Together) -> Call:
    call = await _record(house)
    made = await house.http["cases"].post(call.path, json=_fact(house), headers=call.headers)
    assert made.status_code == 201, made.text
    path = f"/api/cases/v1/consent-facts/{made.json()['id']}/void"
    return Call(path, lambda: house.caller("cases", "void_consent_fact"))


def _share(_: Together) -> Body:
    return {
        "basis": "vital-interests",
        "purpose": "safety",
        "agencies": ["police"],
        "outside": None,
        "persons": [_LAST.get("person", str(uuid4()))],
        "classes": ["risk"],
        "necessity": CANARY,
        "recipientReason": CANARY,
        "contentDigest": "ab" * 32,
        "expiresOn": str(local_date(SystemClock().now()) + timedelta(days=90)),
    }


def _agency(_: Together) -> Body:
    return {"agency": "police", "basis": "vital-interests", "necessity": CANARY, "recipientReason": CANARY}


async def _shared(house: Together) -> Call:
    path = f"/api/cases/v1/cases/{await opened(house)}/shares"
    return Call(path, lambda: house.caller("cases", "share_data"))


async def _bring_in(house: Together) -> Call:
    path = f"/api/cases/v1/cases/{await opened(house)}/agencies"
    return Call(path, lambda: house.caller("cases", "bring_in_agency"))


async def _ended(house: Together) -> Call:
    call = await _shared(house)
    made = await house.http["cases"].post(call.path, json=_share(house), headers=call.headers)
    assert made.status_code == 201, made.text
    path = f"/api/cases/v1/shares/{made.json()['id']}/end"
    return Call(path, lambda: house.caller("cases", "end_share") | {"if-match": '"1"'})


async def _released(house: Together) -> Call:
    call = await _bring_in(house)
    made = await house.http["cases"].post(call.path, json=_agency(house), headers=call.headers)
    assert made.status_code == 201, made.text
    path = f"{call.path}/police/release"
    return Call(path, lambda: house.caller("cases", "release_agency") | {"if-match": '"2"'})


async def _proposed(house: Together) -> Call:
    case = await opened(house)
    told = {"kind": "threat", "occurredAt": "2017-03-05T10:00:00Z", "description": CANARY}
    made = await house.http["cases"].post(
        f"/api/cases/v1/cases/{case}/incidents", json=told, headers=house.caller("cases", "record_incident")
    )
    assert made.status_code == 201, made.text
    path = f"/api/cases/v1/repeat-proposals/{made.json()['id']}/answer"
    return Call(path, lambda: house.caller("cases", "decide_repeat_proposal") | {"if-match": '"1"'})


CONSENT: Sequence[Door] = (
    Door(
        "cases",
        "decide_repeat_proposal",
        "POST",
        _proposed,
        lambda _: {"decision": "decline", "referralId": None, "reason": "in-plan"},
        (("reason",), ("referralId",)),
    ),
    Door(
        "cases",
        "share_data",
        "POST",
        _shared,
        _share,
        (("necessity",), ("persons",), ("classes",), ("expiresOn",), ("outside",)),
    ),
    Door("cases", "bring_in_agency", "POST", _bring_in, _agency, (("necessity",), ("agency",), ("basis",))),
    Door("cases", "end_share", "POST", _ended, lambda _: {"reason": "agency-asks"}, (("reason",),)),
    Door("cases", "release_agency", "POST", _released, lambda _: {"reason": "agency-asks"}, (("reason",),)),
    Door(
        "cases",
        "record_consent_fact",
        "POST",
        _record,
        _fact,
        (("note",), ("scope",), ("value",), ("language",), ("saidAt",)),
    ),
    Door(
        "cases",
        "void_consent_fact",
        "POST",
        _void,
        lambda _: {"reason": "entered-in-error", "note": CANARY},
        (("reason",), ("note",)),
    ),
)
