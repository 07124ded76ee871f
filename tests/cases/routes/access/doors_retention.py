"""Doors of terms, holds and erasures."""

from collections.abc import Iterator

from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.knock import Door, Knock, Purpose, on_each_case, on_nothing, refused
from tests.cases.routes.access.oracle import Asker, Expected, expected, granted

_OLD = {"If-Match": '"999"'}


def _get_retention(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    for each in full.kept:
        path = f"/cases/{each.case}/retention"
        word = expected(asker, "get_retention", purpose, each.open)
        told = full.closing.get(path)
        yield Knock(path, Wanted(word, told, frozenset({each.case})) if word.status == 200 else Wanted(word))


def _list_erasures(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Nothing is due in the house."""
    word = expected(asker, "list_erasures", purpose, None)
    if word.status == 404:
        rules = tuple(dict.fromkeys(rule["id"] for rule, _ in granted(asker, "list_erasures", purpose)))
        word = Expected(200, rules=rules, fields=frozenset({"basic"}))
        yield Knock("/erasures", Wanted(word, {"items": [], "next": None}))
        return
    yield Knock("/erasures", Wanted(word))


def _on_erasure(operation: str, last: str, **more: str) -> Door:
    return on_nothing(operation, f"/erasures/{{id}}/{last}", method="POST", headers=_OLD, json=more or None)


RETENTION: dict[str, Door] = {
    "get_retention": _get_retention,
    "list_holds": on_each_case(
        "list_holds",
        lambda kept: f"/cases/{kept.case}/holds",
        lambda kept, word: Wanted(word, {"items": []}, frozenset({kept.case})),
    ),
    "set_hold": on_each_case(
        "set_hold",
        lambda kept: f"/cases/{kept.case}/holds",
        refused(422, "malformed"),
        method="POST",
        json={"ground": "no-such-ground", "reason": "Vaja."},
    ),
    "get_hold": on_nothing("get_hold", "/holds/{id}"),
    "lift_hold": on_nothing(
        "lift_hold", "/holds/{id}/lift", method="POST", headers=_OLD, json={"reason": "set-in-error"}
    ),
    "list_erasures": _list_erasures,
    "get_erasure": on_nothing("get_erasure", "/erasures/{id}"),
    "get_erasure_certificate": on_nothing("get_erasure_certificate", "/erasures/{id}/certificate"),
    "agree_erasure": _on_erasure("agree_erasure", "agree"),
    "approve_erasure": _on_erasure("approve_erasure", "approve"),
    "refuse_erasure": _on_erasure("refuse_erasure", "refuse", reason="still-needed"),
}
