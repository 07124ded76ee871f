"""The log of contacts, and reports: operations that take a JSON body."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from tests.contracts import doors_support
from tests.contracts.door import CANARY, Body, Call, Door
from tests.contracts.doors_cases import today
from tests.contracts.doors_meetings import made
from tests.contracts.together import Together

_CONTACT: Body = {
    "happenedOn": today(),
    "channel": "phone",
    "kind": "conversation",
    "outcome": "reached",
    "minutes": 40,
    "note": CANARY,
}
_REPORT: Body = {"until": today(), "summary": CANARY, "worries": CANARY}


async def _case(house: Together) -> str:
    """A case by whose victim somebody stands from today on; its address."""
    call = await doors_support.assigning(house)
    answer = await house.http["cases"].post(
        call.path, json=doors_support.assignment(), headers=house.caller("cases", "assign_support_person")
    )
    assert answer.status_code == 201, answer.text
    return f"/cases/{answer.json()['caseId']}"


async def _contact(house: Together) -> Body:
    path = f"{await _case(house)}/support-contacts"
    return await made(house, path, _CONTACT, "record_support_contact")


async def _report(house: Together) -> Body:
    path = f"{await _case(house)}/support-reports"
    return await made(house, path, _REPORT, "submit_support_report")


async def known(house: Together) -> dict[str, str]:
    """Ids of what is there, by the names that paths have for them."""
    contact, report = await _contact(house), await _report(house)
    return {"contact_id": contact["id"], "support_report_id": report["id"]}


async def _of_case(house: Together, operation: str, last: str) -> Call:
    path = f"/api/cases/v1{await _case(house)}/{last}"
    return Call(path, lambda: house.caller("cases", operation))


async def _of_contact(house: Together, operation: str, last: str) -> Call:
    contact = await _contact(house)
    path = f"/api/cases/v1/support-contacts/{contact['id']}{last}"
    return Call(path, lambda: house.caller("cases", operation) | {"if-match": '"1"'})


async def _of_report(house: Together, operation: str, last: str) -> Call:
    report = await _report(house)
    path = f"/api/cases/v1/support-reports/{report['id']}"
    version = 1
    if operation == "submit_support_report_again":
        headers = house.caller("cases", "return_support_report") | {"if-match": '"1"'}
        back = await house.http["cases"].post(f"{path}/return", json={"reason": "unclear"}, headers=headers)
        version = back.json()["version"]
    return Call(path + last, lambda: house.caller("cases", operation) | {"if-match": f'"{version}"'})


def _on(
    of: Callable[[Together, str, str], Awaitable[Call]], operation: str, last: str
) -> Callable[[Together], Awaitable[Call]]:
    return partial(of, operation=operation, last=last)


_TOLD = (("happenedOn",), ("channel",), ("kind",), ("outcome",), ("minutes",), ("note",))
_WRITTEN = (("until",), ("summary",), ("worries",))
CONTACTS: Sequence[Door] = (
    Door(
        "cases",
        "record_support_contact",
        "POST",
        _on(_of_case, "record_support_contact", "support-contacts"),
        lambda _: dict(_CONTACT),
        _TOLD,
    ),
    Door(
        "cases",
        "correct_support_contact",
        "PUT",
        _on(_of_contact, "correct_support_contact", ""),
        lambda _: dict(_CONTACT),
        _TOLD,
    ),
    Door(
        "cases",
        "retract_support_contact",
        "POST",
        _on(_of_contact, "retract_support_contact", "/retraction"),
        lambda _: {"reason": "twice"},
        (("reason",),),
    ),
    Door(
        "cases",
        "submit_support_report",
        "POST",
        _on(_of_case, "submit_support_report", "support-reports"),
        lambda _: dict(_REPORT),
        _WRITTEN,
    ),
    Door(
        "cases",
        "submit_support_report_again",
        "PUT",
        _on(_of_report, "submit_support_report_again", ""),
        lambda _: dict(_REPORT),
        _WRITTEN,
    ),
    Door(
        "cases",
        "return_support_report",
        "POST",
        _on(_of_report, "return_support_report", "/return"),
        lambda _: {"reason": "unclear"},
        (("reason",),),
    ),
)
