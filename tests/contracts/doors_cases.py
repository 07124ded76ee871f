"""The operations of ``cases`` that take a JSON body."""

from collections.abc import Sequence
from functools import partial
from uuid import uuid4

from services.kit.calendar import local_date
from services.kit.clock import SystemClock
from services.kit.ids import new_reference
from tests.contracts.door import (
    CANARY,
    IN_REFERRAL,
    SENT,
    Body,
    Call,
    Door,
    at,
    entered,
    incident,
    person,
    referral,
    sender,
    sender_of,
)
from tests.contracts.together import POLIS, Together


async def _take(house: Together) -> Call:
    path = f"/api/cases/v1/intake/{new_reference()}"
    return Call(path, lambda: house.caller("cases", "take_referral"))


async def _take_incident(house: Together) -> Call:
    path = f"/api/cases/v1/intake/incidents/{new_reference()}"
    return Call(path, lambda: house.caller("cases", "take_incident"))


async def _screen(house: Together) -> Call:
    shown = await entered(house, referral())
    seen = {"if-match": f'"{shown["version"]}"'}
    path = f"/api/cases/v1/referrals/{shown['id']}/screening"
    return Call(path, lambda: house.caller("cases", "screen_referral") | seen)


async def _child(house: Together, operation: str, last: str, municipality: str | None) -> Call:
    child = person("child", "child") | {"birthDate": "2010-05-06", "municipality": municipality}
    shown = await entered(house, referral(person(), child))
    number = next(one["id"] for one in shown["persons"] if one["role"] == "child")
    path = f"/api/cases/v1/referrals/{shown['id']}/child-notices/{number}/{last}"
    return Call(path, lambda: house.caller("cases", operation))


_stop = partial(_child, operation="stop_child_notice", last="stop", municipality="0698")
_locate = partial(_child, operation="locate_child", last="municipality", municipality=None)


async def _decide(house: Together) -> Call:
    """The notice has left, as exchange says when it fetches it."""
    call = await _child(house, "record_child_decision", "decision", "0698")
    number = call.path.split("/")[-2]
    await house.rows(
        "cases",
        "insert into child_notice (number, version, state, settled_at, settled_by)"
        " values ($1, 1, 'left', now(), 'test')",
        number,
    )
    return call


_RELEASE = {"decision": "release", "reason": "no-danger"}
_PERSON: list[str] = []


async def _decide_usage(house: Together) -> Call:
    shown = await opened(house)
    _PERSON.append(shown["persons"][0]["personId"])
    path = f"/api/cases/v1/cases/{shown['caseId']}/usage-decisions"
    return Call(path, lambda: house.caller("cases", "decide_usage"))


async def _session(_: Together) -> Call:
    return Call("/api/cases/v1/sessions", dict)


async def _amend(house: Together, operation: str, last: str) -> Call:
    """Something is done about a referral that was just handed over; :func:`sender_of` names it."""
    reference, sent = new_reference(), sender(POLIS)
    taken = await house.http["cases"].put(
        f"/api/cases/v1/intake/{reference}",
        json={**referral(), "sender": sent},
        headers=house.caller("cases", "take_referral"),
    )
    assert taken.status_code == 201, taken.text
    SENT["cases", operation] = sent["reference"]
    path = f"/api/cases/v1/intake/{reference}/{last}"
    return Call(path, lambda: house.caller("cases", operation))


_correct = partial(_amend, operation="correct_referral", last="correction")
_withdraw = partial(_amend, operation="withdraw_referral", last="withdrawal")


async def opened(house: Together) -> Body:
    """A case: a referral that was entered, and accepted with the police."""
    shown = await entered(house, referral())
    answer = await house.http["cases"].post(
        f"/api/cases/v1/referrals/{shown['id']}/screening",
        json={"decision": "accept", "reason": None, "note": None, "agencies": ["police"]},
        headers=house.caller("cases", "screen_referral") | {"if-match": f'"{shown["version"]}"'},
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _on_case(house: Together, operation: str, last: str, version: int | None = 1) -> Call:
    shown = await opened(house)
    seen = {} if version is None else {"if-match": f'"{version}"'}
    path = f"/api/cases/v1/cases/{shown['caseId']}/{last}"
    return Call(path, lambda: house.caller("cases", operation) | seen)


async def _closed(house: Together, operation: str, last: str) -> Call:
    call = await _on_case(house, operation, last, 2)
    path = f"{call.path.rpartition('/')[0]}/closing"
    answer = await house.http["cases"].post(
        path,
        json={"closedOn": today(), "reason": "protected"},
        headers=house.caller("cases", "close_case") | {"if-match": '"1"'},
    )
    assert answer.status_code == 200, answer.text
    return call


async def _checkpoint(house: Together, operation: str, last: str) -> Call:
    closed = await _closed(house, operation, "monitoring")
    shown = await house.http["cases"].get(closed.path, headers=house.caller("cases", "get_monitoring"))
    checkpoint = shown.json()["items"][0]["checkpoints"][0]
    path = f"/api/cases/v1/checkpoints/{checkpoint['id']}/{last}"
    return Call(path, lambda: house.caller("cases", operation) | {"if-match": '"1"'})


async def _incident(house: Together) -> Call:
    call = await _on_case(house, "record_incident", "incidents", None)
    made = await house.http["cases"].post(call.path, json=_INCIDENT, headers=call.headers)
    assert made.status_code == 201, made.text
    path = f"/api/cases/v1/incidents/{made.json()['id']}/retraction"
    return Call(path, lambda: house.caller("cases", "retract_incident") | {"if-match": '"1"'})


_INCIDENT = {"kind": "threat", "occurredAt": "2018-03-01T20:30:00Z", "description": CANARY}
_GOALS = (
    "victim-safe", "children-safe", "violence-ended", "threatening-person-engaged", "needs-met",
    "agencies-kept-word",
)  # fmt: skip


def today() -> str:
    """The day in Estonia."""
    return local_date(SystemClock().now()).isoformat()


CASES: Sequence[Door] = (
    Door(
        "cases",
        "take_referral",
        "PUT",
        _take,
        lambda _: {**referral(), "sender": sender(POLIS)},
        (*IN_REFERRAL, ("sender", "version")),
    ),
    Door(
        "cases",
        "take_incident",
        "PUT",
        _take_incident,
        lambda _: {**incident(), "sender": sender(POLIS)},
        (("description",), ("reporter", "unit")),
    ),
    Door(
        "cases",
        "take_referrals",
        "POST",
        at("/api/cases/v1/intake", "cases", "take_referrals"),
        lambda _: {
            "items": [{"reference": new_reference(), "referral": {**referral(), "sender": sender(POLIS)}}]
        },
        (("items",), *(("items", 0, "referral", *place) for place in IN_REFERRAL[:2])),
    ),
    Door(
        "cases",
        "correct_referral",
        "PUT",
        _correct,
        lambda _: {**referral(), **sender_of("cases", "correct_referral", 2)},
        (("persons",), ("referredOn",)),
    ),
    Door(
        "cases",
        "withdraw_referral",
        "PUT",
        _withdraw,
        lambda _: {"reason": "other", **sender_of("cases", "withdraw_referral", 1)},
        (("reason",),),
    ),
    Door(
        "cases",
        "enter_referral",
        "POST",
        at("/api/cases/v1/referrals", "cases", "enter_referral"),
        lambda _: referral(),
        IN_REFERRAL,
    ),
    Door(
        "cases",
        "screen_referral",
        "POST",
        _screen,
        lambda _: {"decision": "accept", "reason": None, "note": CANARY, "agencies": ["police"]},
        (("note",), ("reason",), ("agencies",), ("decision",)),
    ),
    Door(
        "cases",
        "get_child_notices",
        "POST",
        at("/api/cases/v1/notices/children", "cases", "get_child_notices"),
        lambda _: {"items": [{"event": str(uuid4()), "number": str(uuid4())}]},
        (("items",), ("items", 0, "event"), ("items", 0, "number")),
    ),
    Door(
        "cases",
        "stop_child_notice",
        "POST",
        _stop,
        lambda _: {"reason": "other", "note": CANARY},
        (("reason",), ("note",)),
    ),
    Door(
        "cases",
        "record_child_decision",
        "PUT",
        _decide,
        lambda _: {"decision": "forwarded", "decidedOn": str(local_date(SystemClock().now()))},
        (("decision",), ("decidedOn",)),
    ),
    Door(
        "cases",
        "decide_usage",
        "POST",
        _decide_usage,
        lambda _: {"personId": _PERSON[-1] if _PERSON else str(uuid4()), **_RELEASE},
        (("reason",), ("decision",)),
    ),
    Door("cases", "locate_child", "PUT", _locate, lambda _: {"municipality": "0184"}, (("municipality",),)),
    Door(
        "cases",
        "ask_flag",
        "POST",
        at("/api/cases/v1/flags", "cases", "ask_flag"),
        lambda _: {"personalCode": "48805042711"},
        (("personalCode",),),
    ),
    Door(
        "cases",
        "create_session",
        "POST",
        _session,
        lambda house: {"idToken": house.login("a-nonce-of-tests"), "nonce": "a-nonce-of-tests"},
        (("idToken",), ("nonce",)),
        audited=False,
    ),
    Door(
        "cases",
        "close_case",
        "POST",
        partial(_on_case, operation="close_case", last="closing"),
        lambda _: {"closedOn": today(), "reason": "protected", "note": CANARY},
        (("closedOn",), ("reason",), ("note",)),
    ),
    Door(
        "cases",
        "reopen_case",
        "POST",
        partial(_closed, operation="reopen_case", last="reopening"),
        lambda _: {"reason": "new-violence", "note": CANARY},
        (("reason",), ("note",)),
    ),
    Door(
        "cases",
        "end_monitoring",
        "POST",
        partial(_closed, operation="end_monitoring", last="ending"),
        lambda _: {"reason": "moved-abroad", "note": CANARY},
        (("reason",), ("note",)),
    ),
    Door(
        "cases",
        "hold_checkpoint",
        "POST",
        partial(_checkpoint, operation="hold_checkpoint", last="holding"),
        lambda _: {"heldOn": today(), "situation": "safe", "newViolence": False, "note": CANARY},
        (("heldOn",), ("situation",), ("newViolence",), ("note",)),
    ),
    Door(
        "cases",
        "skip_checkpoint",
        "POST",
        partial(_checkpoint, operation="skip_checkpoint", last="skipping"),
        lambda _: {"reason": "not-reached", "note": CANARY},
        (("reason",), ("note",)),
    ),
    Door(
        "cases",
        "record_incident",
        "POST",
        partial(_on_case, operation="record_incident", last="incidents", version=None),
        lambda _: dict(_INCIDENT),
        (("kind",), ("occurredAt",), ("description",)),
    ),
    Door("cases", "retract_incident", "POST", _incident, lambda _: {"reason": "twice"}, (("reason",),)),
    Door(
        "cases",
        "evaluate_case",
        "POST",
        partial(_closed, operation="evaluate_case", last="evaluations"),
        lambda _: {
            "evaluatedOn": today(),
            "goals": dict.fromkeys(_GOALS, "reached"),
            "victimsView": "better",
            "victimsWords": CANARY,
            "feedback": CANARY,
        },
        (("goals",), ("goals", "needs-met"), ("victimsView",), ("victimsWords",), ("feedback",)),
    ),
    Door(
        "cases",
        "set_my_address",
        "PUT",
        at("/api/cases/v1/me/address", "cases", "set_my_address"),
        lambda _: {"email": "mari@example.ee", "language": "et"},
        (("email",), ("language",)),
    ),
)
