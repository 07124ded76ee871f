"""The operations of the other services that take a JSON body."""

from collections.abc import Sequence
from uuid import uuid4

from tests.contracts.contract import MARAC
from tests.contracts.door import (
    IN_REFERRAL,
    SENT,
    Call,
    Door,
    at,
    incident,
    referral,
    sender_of,
    submission,
)
from tests.contracts.together import POLIS, STAR, Together


async def _skip(house: Together) -> Call:
    path = f"/api/exchange/v1/messages/{await house.put_aside()}/skip"
    return Call(path, lambda: house.caller("exchange", "skip_message"))


async def _pause(house: Together) -> Call:
    await house.rows("exchange", "delete from partner_pause")  # the same partner is not paused twice
    return Call("/api/exchange/v1/pauses", lambda: house.caller("exchange", "pause_partner"))


async def _submit(house: Together) -> Call:
    return Call("/xroad/rest/marac/v1/referrals", lambda: house.xroad(STAR))


async def _amend_over_rest(house: Together, operation: str, last: str) -> Call:
    sent = submission()
    taken = await house.http["exchange"].post(
        "/xroad/rest/marac/v1/referrals", json=sent, headers=house.xroad(STAR)
    )
    assert taken.status_code == 200, taken.text
    SENT[MARAC, operation] = sent["senderReference"]
    named = {"x-road-userid": "EE38501170364"}
    return Call(f"/xroad/rest/marac/v1/{last}", lambda: house.xroad(STAR) | named)


async def _correct_over_rest(house: Together) -> Call:
    return await _amend_over_rest(house, "correct_referral", "corrections")


async def _withdraw_over_rest(house: Together) -> Call:
    return await _amend_over_rest(house, "withdraw_referral", "withdrawals")


async def _flags(house: Together) -> Call:
    said = {"x-road-userid": "EE38501170364", "x-road-issue": "2017-1203"}
    return Call("/xroad/rest/marac/v1/flags", lambda: house.xroad(POLIS) | said)


async def _incident(house: Together) -> Call:
    return Call("/xroad/rest/marac/v1/incidents", lambda: house.xroad(POLIS))


OTHERS: Sequence[Door] = (
    Door(
        "riskscore",
        "create_score",
        "POST",
        at("/api/riskscore/v1/scores", "riskscore", "create_score"),
        lambda _: {"instrument": "dash", "onDate": "2017-03-02", "answers": {"injury": "yes"}},
        (("answers",), ("version",), ("callOuts12Months",), ("repeat",)),
        audited=False,
    ),
    Door(
        "riskscore",
        "create_scores",
        "POST",
        at("/api/riskscore/v1/scores/batch", "riskscore", "create_scores"),
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
        at("/api/exchange/v1/messages/redrive", "exchange", "redrive_messages"),
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
        (*IN_REFERRAL, ("version",)),
    ),
    Door(
        MARAC,
        "correct_referral",
        "POST",
        _correct_over_rest,
        lambda _: {**referral(), **sender_of(MARAC, "correct_referral", 2)},
        (("persons",), ("version",)),
    ),
    Door(
        MARAC,
        "withdraw_referral",
        "POST",
        _withdraw_over_rest,
        lambda _: {"reason": "other", **sender_of(MARAC, "withdraw_referral", 1)},
        (("reason",), ("version",)),
    ),
    Door(
        MARAC,
        "report_incident",
        "POST",
        _incident,
        lambda _: {"senderReference": f"S-{uuid4()}", **incident()},
        (("description",), ("reporter", "unit")),
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
