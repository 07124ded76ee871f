"""Doors of consent, objection and legal basis."""

from collections.abc import Iterator

from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.knock import NOTHING, Door, Knock, Purpose, empty_list, on_each_case, refused
from tests.cases.routes.access.oracle import Asker, expected

_FACT = {"personId": str(NOTHING), "kind": "wish", "value": "undecided", "saidAt": "2017-03-02T10:00:00Z"}


def _of_nothing(operation: str, path: str, method: str = "GET", json: object = None) -> Door:
    """The house has no such thing: whoever comes past the door hears so."""

    def door(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        yield Knock(path, Wanted(expected(asker, operation, purpose, None)), method, json)

    return door


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
}
