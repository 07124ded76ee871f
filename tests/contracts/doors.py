"""Every operation that takes a JSON body: a caller who may, a body that is good, and places for anything."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from itertools import count
from typing import Any
from uuid import uuid4

from jsonschema import Draft202012Validator

from services.kit.ids import new_reference
from tests.contracts.contract import MARAC, broken, operation, validator
from tests.contracts.together import POLIS, STAR, Together

#: Stands in every free text of the good bodies, so that an echo is seen.
CANARY = "Kanaarilind-7f3e"
#: A day on which none of the people here was born.
BIRTH = date(1930, 6, 15)
_SERIALS = count(1)

Body = dict[str, Any]
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Call:
    """One request but for its body; ``who`` makes fresh headers, as tokens live for a minute."""

    path: str
    who: Callable[[], Mapping[str, str]]

    @property
    def headers(self) -> Mapping[str, str]:
        """Those of a caller who may, now."""
        return self.who()


@dataclass(frozen=True)
class Door:
    """An operation. ``call`` prepares what it acts on; ``places`` are where a body may hold anything."""

    document: str
    operation: str
    method: str
    call: Callable[[Together], Awaitable[Call]]
    body: Callable[[Together], Body]
    places: Sequence[Place]
    audited: bool = True

    def broken(self, answer: Any) -> str | None:
        """What a refusal lacks; to turn away a caller who may is none."""
        if answer.status_code in {401, 403} and self.operation != "create_session":
            return f"{answer.status_code}: turned away before the body was looked at"
        return broken(answer, self.document, self.operation)

    @property
    def schema(self) -> Draft202012Validator:
        """What the published document says of the body."""
        return _schema(self.document, self.operation)


def person(role: str = "victim", relation: str | None = None) -> Body:
    """Somebody whom nobody has seen before."""
    serial = next(_SERIALS)
    return {
        "role": role,
        "relationToVictim": relation,
        "personalCode": None,
        "birthDate": f"{1950 + serial % 45}-{1 + serial // 28 % 12:02}-{1 + serial % 28:02}",
        "givenName": f"{CANARY}-{serial}",
        "familyName": CANARY,
        "sex": "female",
        "municipality": "0698",
        "address": CANARY,
        "phone": CANARY,
        "safeContact": CANARY,
        "language": "et",
    }


def referral(*persons: Body) -> Body:
    """A referral that breaks no rule."""
    return {
        "referredOn": "2017-03-02",
        "region": "polva",
        "event": {"occurredAt": "2017-03-01T20:30:00Z", "description": CANARY},
        "persons": list(persons) or [person()],
        "assessment": {"instrument": "dash", "completedOn": "2017-03-02", "answers": {"injury": "yes"}},
        "grounds": [],
        "judgementReason": CANARY,
        "consent": "given",
        "victimInformed": True,
        "victimWishes": CANARY,
        "referrer": {"name": CANARY, "unit": CANARY},
    }


def sender(client: str) -> Body:
    """A client's own name for a referral, never used before."""
    return {"client": client, "reference": f"S-{uuid4()}", "version": 1}


def submission(*persons: Body) -> Body:
    """A referral as it comes over X-Road REST."""
    return {"senderReference": f"S-{uuid4()}", "version": 1, **referral(*persons)}


async def entered(house: Together, body: Body) -> Body:
    """The referral that a coordinator has entered, as the service shows it."""
    answer = await house.http["cases"].post(
        "/api/cases/v1/referrals", json=body, headers=house.caller("cases", "enter_referral")
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _at(path: str, service: str, operation: str) -> Callable[[Together], Awaitable[Call]]:
    """A door that needs nothing to be there."""

    async def call(house: Together) -> Call:
        return Call(path, lambda: house.caller(service, operation))

    return call


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


async def _skip(house: Together) -> Call:
    path = f"/api/exchange/v1/messages/{await house.put_aside()}/skip"
    return Call(path, lambda: house.caller("exchange", "skip_message"))


async def _pause(house: Together) -> Call:
    await house.rows("exchange", "delete from partner_pause")  # the same partner is not paused twice
    return Call("/api/exchange/v1/pauses", lambda: house.caller("exchange", "pause_partner"))


async def _submit(house: Together) -> Call:
    return Call("/xroad/rest/marac/v1/referrals", lambda: house.xroad(STAR))


async def _amend(house: Together, operation: str, last: str) -> Call:
    """Something is done about a referral that was just handed over; :func:`_sender_of` names it."""
    reference, sent = new_reference(), sender(POLIS)
    taken = await house.http["cases"].put(
        f"/api/cases/v1/intake/{reference}",
        json={**referral(), "sender": sent},
        headers=house.caller("cases", "take_referral"),
    )
    assert taken.status_code == 201, taken.text
    _SENT["cases", operation] = sent["reference"]
    path = f"/api/cases/v1/intake/{reference}/{last}"
    return Call(path, lambda: house.caller("cases", operation))


_correct = partial(_amend, operation="correct_referral", last="correction")
_withdraw = partial(_amend, operation="withdraw_referral", last="withdrawal")


async def _amend_over_rest(house: Together, operation: str, last: str) -> Call:
    sent = submission()
    taken = await house.http["exchange"].post(
        "/xroad/rest/marac/v1/referrals", json=sent, headers=house.xroad(STAR)
    )
    assert taken.status_code == 200, taken.text
    _SENT[MARAC, operation] = sent["senderReference"]
    named = {"x-road-userid": "EE38501170364"}
    return Call(f"/xroad/rest/marac/v1/{last}", lambda: house.xroad(STAR) | named)


async def _correct_over_rest(house: Together) -> Call:
    return await _amend_over_rest(house, "correct_referral", "corrections")


async def _withdraw_over_rest(house: Together) -> Call:
    return await _amend_over_rest(house, "withdraw_referral", "withdrawals")


async def _flags(house: Together) -> Call:
    said = {"x-road-userid": "EE38501170364", "x-road-issue": "2017-1203"}
    return Call("/xroad/rest/marac/v1/flags", lambda: house.xroad(POLIS) | said)


#: The sender's reference of what the last call of an operation is about.
_SENT: dict[tuple[str, str], str] = {}


def _sender_of(document: str, operation: str, version: int) -> Body:
    reference = _SENT.get((document, operation), "S-1")
    if document == "cases":
        return {"sender": {"client": POLIS, "reference": reference, "version": version}}
    return {"senderReference": reference, "version": version}


_IN_REFERRAL: Sequence[Place] = (
    ("victimWishes",),
    ("event", "description"),
    ("assessment", "answers"),
    ("grounds",),
    ("persons",),
    ("persons", 0, "address"),
    ("victimInformed",),
    ("referredOn",),
)
DOORS: Sequence[Door] = (
    Door(
        "cases",
        "take_referral",
        "PUT",
        _take,
        lambda _: {**referral(), "sender": sender(POLIS)},
        (*_IN_REFERRAL, ("sender", "version")),
    ),
    Door(
        "cases",
        "take_referrals",
        "POST",
        _at("/api/cases/v1/intake", "cases", "take_referrals"),
        lambda _: {
            "items": [{"reference": new_reference(), "referral": {**referral(), "sender": sender(POLIS)}}]
        },
        (("items",), *(("items", 0, "referral", *place) for place in _IN_REFERRAL[:2])),
    ),
    Door(
        "cases",
        "correct_referral",
        "PUT",
        _correct,
        lambda _: {**referral(), **_sender_of("cases", "correct_referral", 2)},
        (("persons",), ("referredOn",)),
    ),
    Door(
        "cases",
        "withdraw_referral",
        "PUT",
        _withdraw,
        lambda _: {"reason": "other", **_sender_of("cases", "withdraw_referral", 1)},
        (("reason",),),
    ),
    Door(
        "cases",
        "enter_referral",
        "POST",
        _at("/api/cases/v1/referrals", "cases", "enter_referral"),
        lambda _: referral(),
        _IN_REFERRAL,
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
        _at("/api/cases/v1/notices/children", "cases", "get_child_notices"),
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
        _at("/api/cases/v1/flags", "cases", "ask_flag"),
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
        "riskscore",
        "create_score",
        "POST",
        _at("/api/riskscore/v1/scores", "riskscore", "create_score"),
        lambda _: {"instrument": "dash", "onDate": "2017-03-02", "answers": {"injury": "yes"}},
        (("answers",), ("version",), ("callOuts12Months",), ("repeat",)),
        audited=False,
    ),
    Door(
        "riskscore",
        "create_scores",
        "POST",
        _at("/api/riskscore/v1/scores/batch", "riskscore", "create_scores"),
        lambda _: {"items": [{"instrument": "dash", "onDate": "2017-03-02", "answers": {"injury": "yes"}}]},
        (("items",), ("items", 0, "answers")),
        audited=False,
    ),
    Door(
        "exchange",
        "skip_message",
        "POST",
        _skip,
        lambda _: {"reason": "told-otherwise"},
        (("reason",),),
    ),
    Door(
        "exchange",
        "redrive_messages",
        "POST",
        _at("/api/exchange/v1/messages/redrive", "exchange", "redrive_messages"),
        lambda _: {"dryRun": True, "most": 1, "reason": "partner-failed"},
        (("dryRun",), ("most",), ("reason",)),
    ),
    Door(
        "exchange",
        "pause_partner",
        "POST",
        _pause,
        lambda _: {"partner": STAR, "reason": "our-maintenance"},
        (("reason",),),
    ),
    Door(
        MARAC,
        "submit_referral",
        "POST",
        _submit,
        lambda _: submission(),
        (*_IN_REFERRAL, ("version",)),
    ),
    Door(
        MARAC,
        "correct_referral",
        "POST",
        _correct_over_rest,
        lambda _: {**referral(), **_sender_of(MARAC, "correct_referral", 2)},
        (("persons",), ("version",)),
    ),
    Door(
        MARAC,
        "withdraw_referral",
        "POST",
        _withdraw_over_rest,
        lambda _: {"reason": "other", **_sender_of(MARAC, "withdraw_referral", 1)},
        (("reason",), ("version",)),
    ),
    Door(
        MARAC,
        "get_flags",
        "POST",
        _flags,
        lambda _: {"personalCode": "48805042711"},
        (("personalCode",),),
    ),
)


@cache
def _schema(document: str, operation_id: str) -> Draft202012Validator:
    body = operation(document, operation_id)["requestBody"]
    return validator(document, body["content"]["application/json"]["schema"])
