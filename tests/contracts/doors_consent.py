"""The operations of consent and of what follows from it that take a JSON body."""

from collections.abc import Sequence
from uuid import uuid4

from tests.contracts.door import CANARY, Body, Call, Door, entered, referral
from tests.contracts.together import Together

#: The victim of the last case.
_LAST: dict[str, str] = {}


async def opened(house: Together) -> str:
    """A case of a coordinator's; its id."""
    shown = await entered(house, referral())
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


CONSENT: Sequence[Door] = (
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
