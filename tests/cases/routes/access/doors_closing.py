"""Doors of what closes a case, of broken glass, and of what owners are told."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import HOME, Kept
from tests.cases.routes.access.knock import NOTHING, Door, Knock, Purpose, on_each_case, refused
from tests.cases.routes.access.oracle import Asker, Expected, Thing, expected, granted

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


def _break_glass(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Whoever may hears that the reason says too little; so nothing changes."""
    word = expected(asker, "break_glass", purpose, Thing(HOME))
    body = {"caseId": str(NOTHING), "reason": "Vaja."}
    if word.status == 200:
        fresh = asker.service is None  # no service knows when somebody logged in
        word = Expected(422, "malformed") if fresh else Expected(401, "fresh-login-required")
    yield Knock("/break-glass", Wanted(word), "POST", body)


def _told(full: Full, asker: Asker, operation: str, purpose: Purpose) -> list[tuple[Any, Expected]]:
    """The reports that are for somebody: of the own region, or told to the own agency there."""
    pairs = []
    for thing, report in full.reports:
        second = frozenset({f"{report['secondAgency']}@{thing.region}"})
        word = expected(asker, operation, purpose, replace(thing, agencies=second))
        if word.status == 200:
            pairs.append((report, word))
    return pairs


def _list_access_reports(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    nothing = expected(asker, "list_access_reports", purpose, None)
    if nothing.status != 404:
        yield Knock("/access-reports", Wanted(nothing))
        return
    told = _told(full, asker, "list_access_reports", purpose)
    rules = tuple(dict.fromkeys(rule for _, word in told for rule in word.rules))
    if not told:
        found = granted(asker, "list_access_reports", purpose)
        rules = tuple(dict.fromkeys(rule["id"] for rule, _ in found))
    items = [report for report, _ in told]
    ids = frozenset(report[name] for report in items for name in ("id", "caseId"))
    word = Expected(200, rules=rules, fields=frozenset({"basic", "narrative"}))
    yield Knock("/access-reports", Wanted(word, {"items": items, "next": None}, ids))


def _acknowledge(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Whoever may hears that the version is old; so nothing changes."""
    operation = "acknowledge_access_report"
    told = {report["id"] for report, _ in _told(full, asker, operation, purpose)}
    nothing = expected(asker, operation, purpose, None)
    for _, report in full.reports:
        word = Expected(412, "stale-version") if report["id"] in told else nothing
        path = f"/access-reports/{report['id']}/acknowledgement"
        yield Knock(path, Wanted(word), "POST", {"note": "Vaadatud."}, dict(_OLD))


CLOSING: dict[str, Door] = {
    "break_glass": _break_glass,
    "list_access_reports": _list_access_reports,
    "acknowledge_access_report": _acknowledge,
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
