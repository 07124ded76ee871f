"""Doors of exclusions and seals: of what closes a case."""

from collections.abc import Iterator
from typing import Any

from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import Kept
from tests.cases.routes.access.knock import NOTHING, Door, Knock, Purpose, on_each_case, refused
from tests.cases.routes.access.oracle import Asker, Expected, expected

_OLD = {"If-Match": '"999"'}
_BEFORE = {"kind": "declared", "reason": "Sugulane.", "until": "2017-01-01"}


def _list_exclusions(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    for each in full.kept:
        path = f"/cases/{each.case}/exclusions"
        word = expected(asker, "list_exclusions", purpose, each.open)
        body = full.closing.get(path)
        yield Knock(path, Wanted(word, body, frozenset({each.case})) if word.status == 200 else Wanted(word))


def _get_seal(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Where there is none, there is nothing."""
    for each in full.kept:
        path = f"/cases/{each.case}/seal"
        word = expected(asker, "get_seal", purpose, each.open)
        seal = full.closing.get(path)
        if word.status == 200 and seal is None:
            word = Expected(404, "not-found")
        if word.status != 200 or seal is None:
            yield Knock(path, Wanted(word))
            continue
        shown = seal if "narrative" in word.fields else {k: v for k, v in seal.items() if k != "reason"}
        yield Knock(path, Wanted(word, shown, frozenset({each.case, seal["id"]})))


def _on_what_closes(operation: str, kind: str, last: str, **request: Any) -> Door:
    """Knocks at an exclusion or seal of each case; where there is none, at an id of nothing."""

    def door(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        for each in full.kept:
            found = _closed_by(full, each, kind)
            word = expected(asker, operation, purpose, each.open if found else None)
            told = Wanted(Expected(412, "stale-version") if word.status == 200 else word)
            path = f"/{kind}/{found or NOTHING}/{last}"
            yield Knock(path, told, headers=_OLD, **{"method": "POST", **request})

    return door


def _closed_by(full: Full, kept: Kept, kind: str) -> str | None:
    told = full.closing.get(f"/cases/{kept.case}/{'seal' if kind == 'seals' else kind}", {})
    items = [told] if kind == "seals" and told else told.get("items", [])
    return str(items[0]["id"]) if items else None


def _malformed(operation: str, last: str, json: Any) -> Door:
    """Whoever may hears that the body breaks a rule; so nothing changes."""
    return on_each_case(
        operation,
        lambda kept: f"/cases/{kept.case}/{last}",
        refused(422, "malformed"),
        method="POST",
        json=json,
    )


def _list_accesses(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Of somebody who never came: what others do grows the real list while we ask."""
    for each in full.kept:
        word = expected(asker, "list_accesses", purpose, each.open)
        path = f"/cases/{each.case}/accesses?by=m-never-came"
        nothing = {"items": [], "next": None}
        told = Wanted(word, nothing, frozenset({each.case})) if word.status == 200 else Wanted(word)
        yield Knock(path, told)


def _list_case_steps(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """What closed a case is a step of it."""
    for each in full.kept:
        path = f"/cases/{each.case}/history"
        word = expected(asker, "list_case_steps", purpose, each.open)
        body = full.closing.get(path)
        yield Knock(path, Wanted(word, body, frozenset({each.case})) if word.status == 200 else Wanted(word))


CLOSING: dict[str, Door] = {
    "list_case_steps": _list_case_steps,
    "list_accesses": _list_accesses,
    "list_exclusions": _list_exclusions,
    "exclude_member": _malformed("exclude_member", "exclusions", {**_BEFORE, "member": "m-nobody"}),
    "declare_conflict": _malformed("declare_conflict", "conflicts", _BEFORE),
    "end_exclusion": _on_what_closes("end_exclusion", "exclusions", "end"),
    "get_seal": _get_seal,
    "seal_case": _malformed("seal_case", "seal", {"reason": "Oht.", "members": ["m-nobody"]}),
    "name_members": _on_what_closes(
        "name_members", "seals", "members", method="PUT", json={"members": ["m-nobody"]}
    ),
    "propose_unsealing": _on_what_closes("propose_unsealing", "seals", "unsealing"),
    "keep_sealed": _on_what_closes("keep_sealed", "seals", "keep"),
    "unseal_case": _on_what_closes("unseal_case", "seals", "unseal"),
}
