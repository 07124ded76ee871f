"""Doors of terms, holds, erasures, and of requests for access."""

from collections.abc import Iterator

from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import HOME
from tests.cases.routes.access.knock import Door, Knock, Purpose, on_each_case, on_nothing, refused
from tests.cases.routes.access.oracle import Asker, Expected, Thing, expected, granted

_OLD = {"If-Match": '"999"'}


def _get_retention(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    for each in full.kept:
        path = f"/cases/{each.case}/retention"
        word = expected(asker, "get_retention", purpose, each.open)
        told = full.closing.get(path)
        yield Knock(path, Wanted(word, told, frozenset({each.case})) if word.status == 200 else Wanted(word))


def _empty(operation: str, path: str) -> Door:
    """Nothing is due in the house, and nobody has asked."""

    def door(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        word = expected(asker, operation, purpose, None)
        if word.status == 404:
            rules = tuple(dict.fromkeys(rule["id"] for rule, _ in granted(asker, operation, purpose)))
            word = Expected(200, rules=rules, fields=frozenset({"basic"}))
            yield Knock(path, Wanted(word, {"items": [], "next": None}))
            return
        yield Knock(path, Wanted(word))

    return door


def _record(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Whoever may hears that the code is none; so nothing changes."""
    word = expected(asker, "record_access_request", purpose, Thing(HOME))
    told = {"region": HOME, "personalCode": "00000000000", "receivedOn": "2017-01-01"}
    answer = Expected(422, "malformed") if word.status in {200, 404} else word
    yield Knock("/access-requests", Wanted(answer), "POST", told)


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
    "list_erasures": _empty("list_erasures", "/erasures"),
    "get_erasure": on_nothing("get_erasure", "/erasures/{id}"),
    "get_erasure_certificate": on_nothing("get_erasure_certificate", "/erasures/{id}/certificate"),
    "agree_erasure": _on_erasure("agree_erasure", "agree"),
    "approve_erasure": _on_erasure("approve_erasure", "approve"),
    "refuse_erasure": _on_erasure("refuse_erasure", "refuse", reason="still-needed"),
    "record_access_request": _record,
    "list_access_requests": _empty("list_access_requests", "/access-requests"),
    "get_access_request": on_nothing("get_access_request", "/access-requests/{id}"),
    "decide_access_request": on_nothing(
        "decide_access_request",
        "/access-requests/{id}/decision",
        method="POST",
        headers=_OLD,
        json={"decision": "grant"},
    ),
    "export_access_request": on_nothing(
        "export_access_request", "/access-requests/{id}/export", method="POST", headers=_OLD
    ),
}
