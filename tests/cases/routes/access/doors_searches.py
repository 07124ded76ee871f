"""Doors of searches: by the reference of each referral, what of it the asker may read, and else nothing."""

from collections.abc import Iterator
from typing import Any

from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import Kept
from tests.cases.routes.access.knock import Door, Knock, Purpose
from tests.cases.routes.access.oracle import Asker, Expected, expected, granted, stripped


def _search_people(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """What is erased has no reference that anybody could read; one search after the other counts."""
    for each in full.kept[::2] + full.kept[3::8]:
        if not each.erased:
            body = {"reason": "new-incident", "reference": full.referrals[each.id]["reference"]}
            wanted = _found(full, asker, purpose, each)
            yield Knock("/searches", wanted, "POST", body)


def _found(full: Full, asker: Asker, purpose: Purpose, kept: Kept) -> Wanted:
    word = expected(asker, "search_people", purpose, kept.thing)
    if word.status not in {200, 404}:
        return Wanted(word)
    referral = full.referrals[kept.id]
    asked = f"asked/reference/{referral['reference']}"
    if word.status == 404:
        rules = tuple(dict.fromkeys(rule["id"] for rule, _ in granted(asker, "search_people", purpose)))
        nothing = Expected(200, rules=rules, fields=frozenset({"basic"}))
        return Wanted(nothing, {"items": [], "next": None}, frozenset({asked}))
    persons = sorted(referral["persons"], key=lambda one: str(one["id"]), reverse=True)
    items = [stripped(_hit(referral, one), word.fields) for one in persons]
    shown = {asked, kept.id, *(one["personId"] for one in persons)}
    shown |= {referral["caseId"]} if referral["caseId"] else set()
    return Wanted(word, {"items": items, "next": None}, frozenset(shown))


def _hit(referral: dict[str, Any], person: dict[str, Any]) -> dict[str, Any]:
    names = ("givenName", "familyName", "birthDate")
    return {
        "personId": person["personId"],
        "role": person["role"],
        "region": referral["region"],
        "since": referral["referredOn"],
        "referralId": referral["id"],
        "reference": referral["reference"],
        "status": referral["status"],
        "caseId": referral["caseId"],
        "matched": [{"field": "reference", "how": "same"}],
        "identity": {name: person["identity"][name] for name in names},
    }


SEARCHES: dict[str, Door] = {"search_people": _search_people}
