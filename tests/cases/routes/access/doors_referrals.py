"""Doors of referrals, cases as they stand, people, and the logs."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import AWAY, HOME, a_referral, day_of
from tests.cases.routes.access.knock import Door, Knock, Purpose
from tests.cases.routes.access.oracle import Asker, Expected, Thing, at_the_door, expected, granted


def _list_referrals(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    yield Knock("/referrals", full.listed(asker, "list_referrals", purpose))


def _list_cases(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    yield Knock("/cases", full.listed(asker, "list_cases", purpose))


def _get_referral(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    for each in full.kept:
        yield Knock(f"/referrals/{each.id}", full.referral(asker, purpose, each))


def _get_referral_version(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Nothing in the house was corrected: who may read the referral hears that there is no such version."""
    for each in full.kept:
        word = expected(asker, "get_referral_version", purpose, None if each.erased else each.thing)
        wanted = Wanted(Expected(404, "not-found") if word.status == 200 else word)
        yield Knock(f"/referrals/{each.id}/versions/1", wanted)


def _get_case(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    for each in full.kept:
        yield Knock(f"/cases/{each.case}", full.case(asker, purpose, each))


def _get_person(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    for person in dict.fromkeys(person for each in full.kept for person in each.persons):
        yield Knock(f"/people/{person}", full.person(asker, purpose, person))


def _get_me(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    held = [office for office in asker.offices if office.holds]
    body = {
        "subject": asker.subject,
        "offices": [
            {
                "role": office.role,
                "region": office.region,
                "agency": office.agency,
                "validFrom": str(day_of(office.starts)),
                "validTo": None if office.ends is None else str(day_of(office.ends)),
                "principal": None,
            }
            for office in sorted(held, key=lambda office: office.role)
        ],
    }
    word = expected(asker, "get_me", purpose, Thing(HOME))
    yield Knock("/me", Wanted(word, body, frozenset({asker.subject})))


def _screen_referral(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Whoever may screen hears that the version is old; so nothing changes."""
    for each in full.kept:
        word = expected(asker, "screen_referral", purpose, None if each.erased else each.thing)
        yield Knock(
            f"/referrals/{each.id}/screening",
            Wanted(Expected(412, "stale-version") if word.status == 200 else word),
            "POST",
            {"decision": "decline", "reason": "criteria-not-met"},
            {"If-Match": '"999"'},
        )


def _enter_referral(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Whoever may enter a referral there hears that this one breaks a rule; so nothing changes."""
    for region in (HOME, AWAY):
        word = expected(asker, "enter_referral", purpose, Thing(region))
        wanted = Wanted(Expected(422, "referral-invalid") if word.status == 200 else word)
        yield Knock("/referrals", wanted, "POST", a_referral(region, 20) | {"referredOn": "2099-01-01"})


def _list_child_notices(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    for each in full.kept:
        yield Knock(f"/referrals/{each.id}/child-notices", full.child_notices(asker, purpose, each))


def _number(full: Full, kept: Any) -> str:
    items = full.children.get(kept.id, {"items": []})["items"]
    return str(items[0]["number"]) if items else str(uuid4())


def _stop_child_notice(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Whoever may stop a notice hears that there is no such reason; so nothing changes."""
    for each in full.kept:
        word = expected(asker, "stop_child_notice", purpose, None if each.erased else each.thing)
        there = bool(full.children.get(each.id, {"items": []})["items"])
        if word.status == 200:
            word = Expected(422, "malformed") if there else Expected(404, "not-found")
        path = f"/referrals/{each.id}/child-notices/{_number(full, each)}/stop"
        yield Knock(path, Wanted(word), "POST", {"reason": "no-such-reason"})


def _locate_child(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Whoever may say where a child lives hears that it is known; so nothing changes."""
    for each in full.kept:
        word = expected(asker, "locate_child", purpose, None if each.erased else each.thing)
        there = bool(full.children.get(each.id, {"items": []})["items"])
        if word.status == 200:
            word = Expected(409, "child-notice-settled") if there else Expected(404, "not-found")
        path = f"/referrals/{each.id}/child-notices/{_number(full, each)}/municipality"
        yield Knock(path, Wanted(word), "PUT", {"municipality": "0184"})


def _record_child_decision(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Whoever may tell of a decision hears that there is no such one; so nothing changes."""
    for each in full.kept:
        word = expected(asker, "record_child_decision", purpose, None if each.erased else each.thing)
        there = bool(full.children.get(each.id, {"items": []})["items"])
        if word.status == 200:
            word = Expected(422, "malformed") if there else Expected(404, "not-found")
        path = f"/referrals/{each.id}/child-notices/{_number(full, each)}/decision"
        told = {"decision": "no-such-decision", "decidedOn": "2017-03-02"}
        yield Knock(path, Wanted(word), "PUT", told)


def _list_flag_alarms(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Nothing in the house is sealed: whoever may ask hears of no alarm."""
    refusal = at_the_door(asker, "list_flag_alarms", purpose)
    rules = tuple(dict.fromkeys(rule["id"] for rule, _ in granted(asker, "list_flag_alarms", purpose)))
    word = refusal or Expected(200, rules=rules)
    yield Knock("/flag-alarms", Wanted(word, {"items": [], "next": None}))


def _log(operation: str, path: str) -> Door:
    """Whoever may look at logs hears that there is none of this name: the real ones grow as we ask."""

    def door(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        refusal = at_the_door(asker, operation, purpose)
        yield Knock(f"/log/no-such-log/{path}", Wanted(refusal or Expected(404, "not-found")))

    return door


REFERRALS: dict[str, Door] = {
    "list_referrals": _list_referrals,
    "list_cases": _list_cases,
    "get_referral": _get_referral,
    "get_referral_version": _get_referral_version,
    "get_case": _get_case,
    "get_person": _get_person,
    "get_me": _get_me,
    "screen_referral": _screen_referral,
    "enter_referral": _enter_referral,
    "list_child_notices": _list_child_notices,
    "stop_child_notice": _stop_child_notice,
    "locate_child": _locate_child,
    "record_child_decision": _record_child_decision,
    "list_flag_alarms": _list_flag_alarms,
    "get_log_checkpoint": _log("get_log_checkpoint", "checkpoint"),
    "get_inclusion_proof": _log("get_inclusion_proof", "inclusion?index=0"),
    "get_consistency_proof": _log("get_consistency_proof", "consistency?old=1"),
    "export_log": _log("export_log", "entries"),
}
