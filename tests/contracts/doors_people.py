"""The operations on people in a case that take a JSON body."""

from collections.abc import Sequence
from functools import partial

from tests.contracts.door import CANARY, Body, Call, Door, entered, person, referral
from tests.contracts.together import Together

_PREFIX = "/api/cases/v1"


async def opened(house: Together) -> Body:
    """A case, as the service shows it: of a referral that a coordinator has entered and accepted."""
    client = house.http["cases"]
    shown = await entered(house, referral(person()))
    headers = house.caller("cases", "screen_referral") | {"if-match": f'"{shown["version"]}"'}
    screened = await client.post(
        f"{_PREFIX}/referrals/{shown['id']}/screening",
        json={"decision": "accept", "agencies": ["police"]},
        headers=headers,
    )
    assert screened.status_code == 200, screened.text
    return dict(screened.json())


#: The case on which things are done: a body names somebody in it, whenever it is made.
_CASES: dict[int, Body] = {}


async def _on_case(house: Together, operation: str, last: str) -> Call:
    """Something is done on the one case of the house."""
    if id(house) not in _CASES:
        _CASES[id(house)] = await opened(house)
    case = _CASES[id(house)]["caseId"]
    return Call(f"{_PREFIX}/cases/{case}/{last}", lambda: house.caller("cases", operation))


_record = partial(_on_case, operation="record_entry", last="entries")
_add = partial(_on_case, operation="add_case_person", last="people")


async def _made(house: Together, call: Call, body: Body) -> Body:
    answer = await house.http["cases"].post(call.path, json=body, headers=call.headers)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def _amend(house: Together, operation: str, last: str) -> Call:
    made = await _made(house, await _record(house), _entry(house))
    path = f"{_PREFIX}/entries/{made['id']}/{last}"
    return Call(path, lambda: house.caller("cases", operation) | {"if-match": '"1"'})


async def _remove(house: Together) -> Call:
    made = await _made(house, await _add(house), _newcomer(house))
    path = f"{_PREFIX}/case-people/{made['id']}/remove"
    return Call(path, lambda: house.caller("cases", "remove_case_person") | {"if-match": '"1"'})


#: Two people of two cases, who may be said to be one; and two of one case.
_PAIRS: dict[tuple[int, str], tuple[str, str]] = {}


async def _relate(house: Together) -> Call:
    """Somebody new threatens the victim."""
    threatening = {**_newcomer(house), "role": "threatening-person", "relationToVictim": "partner"}
    made = await _made(house, await _add(house), threatening)
    victim = _CASES[id(house)]["persons"][0]["personId"]
    _PAIRS[id(house), "relation"] = made["personId"], victim
    case = _CASES[id(house)]["caseId"]
    return Call(f"{_PREFIX}/cases/{case}/relations", lambda: house.caller("cases", "record_relation"))


async def threatened(house: Together) -> tuple[str, str]:
    """The one case of the house, and somebody new who threatens its victim."""
    await _relate(house)
    return str(_CASES[id(house)]["caseId"]), _PAIRS[id(house), "relation"][0]


async def _change(house: Together) -> Call:
    made = await _made(house, await _relate(house), _relation(house))
    path = f"{_PREFIX}/relations/{made['id']}/change"
    return Call(path, lambda: house.caller("cases", "change_relation") | {"if-match": '"1"'})


async def _propose(house: Together) -> Call:
    """Two victims of two cases."""
    one, other = [(await opened(house))["persons"][0]["personId"] for _ in range(2)]
    _PAIRS[id(house), "merge"] = one, other
    return Call(f"{_PREFIX}/people/{one}/merges", lambda: house.caller("cases", "propose_merge"))


async def _proposed(house: Together, operation: str, last: str, version: int) -> Call:
    made = await _made(house, await _propose(house), _merge(house))
    path = f"{_PREFIX}/person-merges/{made['id']}"
    if version > 1:
        headers = house.caller("cases", "decide_merge") | {"if-match": '"1"'}
        answer = await house.http["cases"].post(f"{path}/decide", json={"decision": "merge"}, headers=headers)
        assert answer.status_code == 200, answer.text
    seen = {"if-match": f'"{version}"'}
    return Call(f"{path}/{last}", lambda: house.caller("cases", operation) | seen)


def _relation(house: Together) -> Body:
    nobody = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"
    threatening, victim = _PAIRS.get((id(house), "relation"), (nobody, nobody))
    return {
        "type": "threatens",
        "from": {"personId": threatening, "role": "threatening-person"},
        "to": {"personId": victim, "role": "victim"},
        "source": "police",
        "note": CANARY,
    }


def _merge(house: Together) -> Body:
    _, other = _PAIRS.get((id(house), "merge"), ("", "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"))
    return {"other": other, "reason": "told-otherwise"}


async def known(house: Together) -> dict[str, str]:
    """Ids of things that are there, by the names that paths have for them."""
    entry = await _made(house, await _record(house), _entry(house))
    party = await _made(house, await _add(house), _newcomer(house))
    relation = await _made(house, await _relate(house), _relation(house))
    merge = await _made(house, await _propose(house), _merge(house))
    return {
        "entry_id": entry["id"],
        "party_id": party["id"],
        "relation_id": relation["id"],
        "merge_id": merge["id"],
    }


def _told(_: Together) -> Body:
    return {
        "source": "victim",
        "confidence": "told",
        "validFrom": "2017-03-02",
        "validTo": None,
        "protected": True,
        "value": {"address": CANARY, "kind": "shelter", "municipality": "0698", "text": CANARY},
    }


def _entry(house: Together) -> Body:
    victim = _CASES[id(house)]["persons"][0]["personId"]
    return {"personId": victim, "role": "victim", "category": "address", **_told(house)}


def _newcomer(_: Together) -> Body:
    known = person("other", "other-relative")
    names = ("role", "relationToVictim", "sex", "givenName", "familyName", "personalCode", "birthDate")
    return {name: known[name] for name in names} | {"confidence": "told", "source": "victim"}


async def _search(house: Together) -> Call:
    return Call(f"{_PREFIX}/searches", lambda: house.caller("cases", "search_people"))


def _sought(_: Together) -> Body:
    return {"reason": "new-incident", "givenName": CANARY, "familyName": CANARY, "birthDate": "1984-06-15"}


PEOPLE: Sequence[Door] = (
    Door("cases", "search_people", "POST", _search, _sought, (("reason",), ("givenName",), ("familyName",))),
    Door(
        "cases",
        "record_entry",
        "POST",
        _record,
        _entry,
        (("value",), ("value", "address"), ("value", "text"), ("category",), ("protected",), ("validTo",)),
    ),
    Door(
        "cases",
        "correct_entry",
        "POST",
        partial(_amend, operation="correct_entry", last="correct"),
        _told,
        (("value",), ("value", "text"), ("source",), ("confidence",)),
    ),
    Door(
        "cases",
        "retract_entry",
        "POST",
        partial(_amend, operation="retract_entry", last="retract"),
        lambda _: {"reason": "not-needed"},
        (("reason",),),
    ),
    Door(
        "cases",
        "add_case_person",
        "POST",
        _add,
        _newcomer,
        (("givenName",), ("personalCode",), ("birthDate",), ("role",), ("source",)),
    ),
    Door(
        "cases",
        "remove_case_person",
        "POST",
        _remove,
        lambda _: {"reason": "not-of-case"},
        (("reason",),),
    ),
    Door("cases", "record_relation", "POST", _relate, _relation, (("type",), ("source",))),
    Door(
        "cases",
        "change_relation",
        "POST",
        _change,
        lambda _: {"action": "refute", "reason": "not-confirmed"},
        (("action",), ("reason",)),
    ),
    Door("cases", "propose_merge", "POST", _propose, _merge, (("reason",),)),
    Door(
        "cases",
        "decide_merge",
        "POST",
        partial(_proposed, operation="decide_merge", last="decide", version=1),
        lambda _: {"decision": "refuse", "reason": "not-certain"},
        (("decision",), ("reason",)),
    ),
    Door(
        "cases",
        "undo_merge",
        "POST",
        partial(_proposed, operation="undo_merge", last="undo", version=2),
        lambda _: {"reason": "done-in-error"},
        (("reason",),),
    ),
)
