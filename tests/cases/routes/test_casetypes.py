"""The type of a case: said at acceptance, fitting the people, and what it does not have is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from services.cases import catalog as published
from services.kit.policy import Policy

Build = Callable[..., Any]
YOUNG = "young-offender"


async def accept(served: Any, message: dict[str, Any], **changes: Any) -> Any:
    referral = await served.taken(message)
    body = {"decision": "accept", "agencies": ["police"], **changes}
    path = f"/referrals/{referral}/screening"
    return await served.ask(path, method="POST", json=body, headers={"If-Match": '"1"'})


def _of(message: dict[str, Any], born: str) -> dict[str, Any]:
    """The same message about a threatening person who was born on a day."""
    people = [
        one | ({"birthDate": born, "personalCode": None} if one["role"] == "threatening-person" else {})
        for one in message["persons"]
    ]
    return message | {"persons": people}


async def test_a_case_of_the_young_has_the_same_work_and_not_what_it_is_without(
    served: Any, a_message: Build
) -> None:
    opened = await accept(served, _of(a_message(), "2002-01-05"), caseType=YOUNG)
    assert opened.status_code == 200, opened.text
    case = opened.json()["caseId"]
    shown = (await served.ask(f"/cases/{case}")).json()
    assert shown["caseType"] == YOUNG
    young = next(one["personId"] for one in shown["persons"] if one["role"] == "threatening-person")
    measure = {"personId": young, "measure": "staying-ban", "orderedAt": "2018-03-02T10:00:00Z"}
    plan = {"sections": [{"code": "in-danger", "text": "-"}]}
    for path, body in (("removals", measure), ("safety-plans", plan)):
        refused = await served.ask(f"/cases/{case}/{path}", method="POST", json=body)
        assert refused.status_code == 409, refused.text
        assert [one["code"] for one in refused.json()["errors"]] == ["not-of-type"]
    assert "safety-plan" not in {one["clock"] for one in (await served.ask("/duties")).json()["items"]}
    offer = {"personId": young, "service": "work", "agency": "unemployment-fund", "offeredOn": "2018-03-02"}
    made = await served.ask(f"/cases/{case}/service-offers", method="POST", json=offer | {"need": "Töö."})
    assert made.status_code == 201, made.text
    usual = await accept(served, a_message())
    assert (await served.ask(f"/cases/{usual.json()['caseId']}")).json()["caseType"] == "marac"


@pytest.mark.parametrize(
    ("born", "changes", "code"),
    [
        ("1980-01-05", {"caseType": YOUNG}, "not-of-type"),
        ("2002-01-05", {"caseType": "no-such-type"}, "unknown"),
        (
            "2002-01-05",
            {"caseType": "marac", "decision": "decline", "reason": "criteria-not-met"},
            "only-for-accept",
        ),
    ],
)
async def test_a_type_that_does_not_fit_is_refused(
    served: Any, a_message: Build, born: str, changes: dict[str, Any], code: str
) -> None:
    answer = await accept(served, _of(a_message(), born), **changes)
    assert answer.status_code == 422
    assert code in {one["code"] for one in answer.json()["errors"]}


def test_what_types_are_without_are_operations() -> None:
    known = Policy.load("services.cases").operations()
    for kind in published.load().case_types.by_code.values():
        assert kind.without <= set(known), kind.code
