"""Doors of what is known of people in a case."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.knock import NOTHING, Door, Knock, Purpose, empty_list, on_each_case, refused
from tests.cases.routes.access.oracle import Asker, expected

_FIRST = {"If-Match": '"1"'}
_PERSON = {
    "role": "other",
    "relationToVictim": "other",
    "sex": "female",
    "givenName": "Leida",
    "familyName": "Tamm",
    "confidence": "told",
    "source": "no-such-source",
}
_END = {"personId": str(NOTHING), "role": "victim"}
_ENTRY = {
    "personId": str(NOTHING),
    "role": "victim",
    "category": "no-such-category",
    "source": "victim",
    "value": {},
}


def _list_case_people(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    for each in full.kept:
        there = each.is_case and not each.erased
        word = expected(asker, "list_case_people", purpose, each.thing if there else None)
        yield Knock(
            f"/cases/{each.case}/people", Wanted(word) if word.status != 200 else _people(full, each, word)
        )


def _people(full: Full, kept: Any, word: Any) -> Wanted:
    persons = full.cases[kept.case]["persons"]
    since = full.referrals[kept.id]["receivedAt"]
    items = [
        {name: one[name] for name in ("id", "personId", "role", "relationToVictim", "sex")}
        | {"caseId": kept.case, "origin": "referral", "state": "taking-part", "reason": None}
        | {"since": since, "by": None, "version": 1}
        for one in persons
    ]
    shown = frozenset({kept.case, *(one["personId"] for one in persons)})
    return Wanted(word, {"items": items}, shown)


def of_nothing(
    operation: str, path: str, *, method: str = "GET", json: Any = None, headers: Mapping[str, str] = _FIRST
) -> Door:
    """Knocks at a thing that is not there: whoever gets past the door finds nothing."""

    def door(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        word = expected(asker, operation, purpose, None)
        yield Knock(path, Wanted(word), method, json, dict(headers) if method == "POST" else {})

    return door


PEOPLE: dict[str, Door] = {
    "list_case_people": _list_case_people,
    "add_case_person": on_each_case(
        "add_case_person",
        lambda kept: f"/cases/{kept.case}/people",
        refused(422, "malformed"),
        method="POST",
        json=_PERSON,
    ),
    "remove_case_person": of_nothing(
        "remove_case_person", f"/case-people/{NOTHING}/remove", method="POST", json={"reason": "wrong-person"}
    ),
    "list_entries": on_each_case("list_entries", lambda kept: f"/cases/{kept.case}/entries", empty_list),
    "record_entry": on_each_case(
        "record_entry",
        lambda kept: f"/cases/{kept.case}/entries",
        refused(422, "malformed"),
        method="POST",
        json=_ENTRY,
    ),
    "list_relations": on_each_case(
        "list_relations",
        lambda kept: f"/cases/{kept.case}/relations",
        lambda kept, word: Wanted(word, {"items": []}, frozenset({kept.case})),
    ),
    "record_relation": on_each_case(
        "record_relation",
        lambda kept: f"/cases/{kept.case}/relations",
        refused(422, "malformed"),
        method="POST",
        json={"type": "no-such-type", "from": _END, "to": _END, "source": "police"},
    ),
    "change_relation": of_nothing(
        "change_relation", f"/relations/{NOTHING}/change", method="POST", json={"action": "confirm"}
    ),
    "list_candidates": of_nothing("list_candidates", f"/people/{NOTHING}/candidates"),
    "list_merges": of_nothing("list_merges", f"/people/{NOTHING}/merges"),
    "propose_merge": of_nothing(
        "propose_merge",
        f"/people/{NOTHING}/merges",
        method="POST",
        json={"other": str(UUID(int=1)), "reason": "told-otherwise"},
    ),
    "decide_merge": of_nothing(
        "decide_merge", f"/person-merges/{NOTHING}/decide", method="POST", json={"decision": "merge"}
    ),
    "undo_merge": of_nothing(
        "undo_merge", f"/person-merges/{NOTHING}/undo", method="POST", json={"reason": "done-in-error"}
    ),
    "get_entry": of_nothing("get_entry", f"/entries/{NOTHING}"),
    "list_entry_versions": of_nothing("list_entry_versions", f"/entries/{NOTHING}/versions"),
    "correct_entry": of_nothing(
        "correct_entry",
        f"/entries/{NOTHING}/correct",
        method="POST",
        json={"source": "victim", "value": {"text": "x"}},
    ),
    "retract_entry": of_nothing(
        "retract_entry", f"/entries/{NOTHING}/retract", method="POST", json={"reason": "not-needed"}
    ),
}
