"""The operations of ``cases`` that take a JSON body."""

from collections.abc import Sequence
from functools import partial
from uuid import uuid4

from services.kit.ids import new_reference
from tests.contracts.door import (
    CANARY,
    IN_REFERRAL,
    SENT,
    Call,
    Door,
    at,
    entered,
    person,
    referral,
    sender,
    sender_of,
)
from tests.contracts.together import POLIS, Together


async def _take(house: Together) -> Call:
    path = f"/api/cases/v1/intake/{new_reference()}"
    return Call(path, lambda: house.caller("cases", "take_referral"))


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
)
