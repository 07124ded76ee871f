"""Doors of consent, objection and legal basis."""

from collections.abc import Iterator
from dataclasses import replace

from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import Kept
from tests.cases.routes.access.knock import NOTHING, Door, Knock, Purpose, empty_list, on_each_case, refused
from tests.cases.routes.access.oracle import Asker, Expected, expected, stripped

_FACT = {"personId": str(NOTHING), "kind": "wish", "value": "undecided", "saidAt": "2017-03-02T10:00:00Z"}

_SHARE = {
    "basis": "oas-99",
    "purpose": "safety",
    "agencies": ["police"],
    "persons": [str(NOTHING)],
    "classes": ["risk"],
    "necessity": "Märkus.",
    "expiresOn": "2099-01-01",
}


def _of_nothing(operation: str, path: str, method: str = "GET", json: object = None) -> Door:
    """The house has no such thing: whoever comes past the door hears so."""

    def door(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        word = expected(asker, operation, purpose, None)
        yield Knock(path, Wanted(word), method, json, {"If-Match": '"1"'} if json else {})

    return door


def _list_shares(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Who takes part reads the receipts of what it shared and received; who answers for the region, all."""
    for each in full.kept:
        there = each.is_case and not each.erased
        word = expected(asker, "list_shares", purpose, each.thing if there else None)
        path = f"/cases/{each.case}/shares"
        yield Knock(path, _receipts(full, asker, purpose, each, word) if word.status == 200 else Wanted(word))


def _receipts(full: Full, asker: Asker, purpose: Purpose, kept: Kept, word: Expected) -> Wanted:
    items, rules, ids = [], dict.fromkeys(word.rules), {kept.case}
    read = [
        (
            item,
            expected(
                asker, "list_shares", purpose, replace(kept.thing, agencies=frozenset(item["recipients"]))
            ),
        )
        for item in full.shares.get(kept.case, [])
    ]
    mine = [(item, one) for item, one in read if one.status == 200]
    if mine:
        rules = dict.fromkeys(rule for _, one in mine for rule in one.rules)
    for item, one in mine:
        items.append(stripped(item, one.fields))
        ids.add(item["id"])
    shown = Expected(200, rules=tuple(rules), fields=word.fields)
    return Wanted(shown, {"items": items, "next": None}, frozenset(ids))


def _list_tellings(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Who may read who was told of a referral; the shares of its case among it."""
    for each in full.kept:
        word = expected(asker, "list_tellings", purpose, None if each.erased else each.thing)
        wanted = Wanted(word)
        if word.status == 200:
            items = [stripped(item, word.fields) for item in full.tellings[each.id]]
            wanted = Wanted(word, {"items": items}, frozenset({each.id, each.case}))
        yield Knock(f"/referrals/{each.id}/tellings", wanted)


CONSENT: dict[str, Door] = {
    "get_consent": on_each_case(
        "get_consent",
        lambda kept: f"/cases/{kept.case}/consent",
        lambda kept, word: Wanted(word, {"items": []}, frozenset({kept.case})),
    ),
    "list_consent_facts": on_each_case(
        "list_consent_facts", lambda kept: f"/cases/{kept.case}/consent-facts", empty_list
    ),
    "record_consent_fact": on_each_case(
        "record_consent_fact",
        lambda kept: f"/cases/{kept.case}/consent-facts",
        refused(422, "malformed"),
        method="POST",
        json=_FACT,
    ),
    "get_consent_fact": _of_nothing("get_consent_fact", f"/consent-facts/{NOTHING}"),
    "void_consent_fact": _of_nothing(
        "void_consent_fact", f"/consent-facts/{NOTHING}/void", "POST", {"reason": "wrong-person"}
    ),
    "list_shares": _list_shares,
    "list_tellings": _list_tellings,
    "list_repeat_proposals": on_each_case(
        "list_repeat_proposals", lambda kept: f"/cases/{kept.case}/repeat-proposals", empty_list
    ),
    "get_repeat_proposal": _of_nothing("get_repeat_proposal", f"/repeat-proposals/{NOTHING}"),
    "decide_repeat_proposal": _of_nothing(
        "decide_repeat_proposal",
        f"/repeat-proposals/{NOTHING}/answer",
        "POST",
        {"decision": "decline", "reason": "in-plan"},
    ),
    "share_data": on_each_case(
        "share_data",
        lambda kept: f"/cases/{kept.case}/shares",
        refused(422, "malformed"),
        method="POST",
        json=_SHARE,
    ),
    "bring_in_agency": on_each_case(
        "bring_in_agency",
        lambda kept: f"/cases/{kept.case}/agencies",
        refused(422, "malformed"),
        method="POST",
        json={"agency": "circus", "basis": "oas-10-5", "necessity": "Märkus."},
    ),
    "release_agency": on_each_case(
        "release_agency",
        lambda kept: f"/cases/{kept.case}/agencies/circus/release",
        refused(404, "not-found"),
        method="POST",
        json={"reason": "no-longer-needed"},
        headers={"If-Match": '"1"'},
    ),
    "get_share": _of_nothing("get_share", f"/shares/{NOTHING}"),
    "end_share": _of_nothing("end_share", f"/shares/{NOTHING}/end", "POST", {"reason": "agency-asks"}),
}
