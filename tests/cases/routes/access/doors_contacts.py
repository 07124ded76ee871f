"""Doors of the log of contacts and of reports; there are none in the house, so that nothing changes."""

from collections.abc import Iterator

from tests.cases.routes.access.doors_plan import nothing
from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import Kept
from tests.cases.routes.access.knock import NOTHING, Door, Knock, Purpose, empty_list, on_each_case, refused
from tests.cases.routes.access.oracle import Asker, Expected

_CONTACT = f"/support-contacts/{NOTHING}"
_REPORT = f"/support-reports/{NOTHING}"
_ODD = {"happenedOn": "2018-03-02", "channel": "pigeon", "kind": "x", "outcome": "x", "minutes": 1}
_TOLD = {"until": "2018-03-02", "summary": "-"}


def _none(kept: Kept, word: Expected) -> Wanted:
    return Wanted(word, {"caseId": kept.case, "items": []}, frozenset({kept.case}))


def _submit(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Where nobody stands by the victim nobody reports, and elsewhere not of days before."""
    return on_each_case(
        "submit_support_report",
        lambda kept: f"/cases/{kept.case}/support-reports",
        refused(422, "malformed"),
        method="POST",
        json=_TOLD,
    )(full, asker, purpose)


CONTACTS: dict[str, Door] = {
    "list_support_contacts": on_each_case(
        "list_support_contacts", lambda kept: f"/cases/{kept.case}/support-contacts", empty_list
    ),
    "record_support_contact": on_each_case(
        "record_support_contact",
        lambda kept: f"/cases/{kept.case}/support-contacts",
        refused(422, "malformed"),
        method="POST",
        json=_ODD,
    ),
    "get_support_contact": nothing("get_support_contact", _CONTACT),
    "list_support_contact_versions": nothing("list_support_contact_versions", f"{_CONTACT}/versions"),
    "correct_support_contact": nothing("correct_support_contact", _CONTACT, "PUT", _ODD),
    "retract_support_contact": nothing(
        "retract_support_contact", f"{_CONTACT}/retraction", "POST", {"reason": "twice"}
    ),
    "list_support_reports": on_each_case(
        "list_support_reports", lambda kept: f"/cases/{kept.case}/support-reports", _none
    ),
    "submit_support_report": _submit,
    "get_support_report": nothing("get_support_report", _REPORT),
    "submit_support_report_again": nothing("submit_support_report_again", _REPORT, "PUT", _TOLD),
    "return_support_report": nothing(
        "return_support_report", f"{_REPORT}/return", "POST", {"reason": "unclear"}
    ),
    "accept_support_report": nothing("accept_support_report", f"{_REPORT}/acceptance", "POST"),
}
