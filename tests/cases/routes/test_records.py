"""What is known of people in a case, over HTTP: listed, told, corrected, taken back."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from tests.cases.statements import heard

Build = Callable[..., Any]
COORDINATOR = "dev:coordinator:polva:"
CHAIR = "dev:chair:polva:"
POLICE = "dev:agency-member:polva:police"
PROBATION = "dev:agency-member:polva:probation"
ELSEWHERE = "dev:coordinator:rakvere:"


class Case:
    """A case with a victim, a threatening person and a child, and what is told of them."""

    def __init__(self, served: Any, case: str, people: dict[str, str]) -> None:
        self.served, self.id, self.people = served, case, people

    async def tell(
        self,
        category: str,
        value: dict[str, Any],
        role: str = "victim",
        subject: str = COORDINATOR,
        **more: Any,
    ) -> httpx.Response:
        headers = more.pop("headers", {})
        body = {"personId": self.people[role], "role": role, "category": category, "source": "victim"}
        answer: httpx.Response = await self.served.ask(
            f"/cases/{self.id}/entries",
            subject,
            "POST",
            json={**body, "value": value, **more},
            headers=headers,
        )
        return answer

    async def told(self, *arguments: Any, **more: Any) -> dict[str, Any]:
        answer = await self.tell(*arguments, **more)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def ask(
        self, path: str, subject: str = COORDINATOR, body: Any = None, **more: Any
    ) -> httpx.Response:
        method = "GET" if body is None else "POST"
        answer: httpx.Response = await self.served.ask(path, subject, method, json=body, **more)
        return answer

    async def listed(self, subject: str = COORDINATOR, query: str = "") -> list[dict[str, Any]]:
        answer = await self.ask(f"/cases/{self.id}/entries{query}", subject)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


@pytest_asyncio.fixture
async def case(served: Any, a_message: Build) -> Case:
    case = await served.opened(a_message(), "police")
    listed = (await served.ask(f"/cases/{case}/people")).json()["items"]
    return Case(served, case, {one["role"]: one["personId"] for one in listed})


async def test_what_is_told_is_read_again_under_its_class(case: Case) -> None:
    made = await case.told(
        "safe-contact",
        {
            "kind": "call",
            "phone": "+372 555 0101",
            "mayLeaveMessage": False,
            "hours": "9-11",
            "mustNotHear": "Jaan",
        },
        validFrom="2017-03-02",
        protected=True,
    )
    assert made["contact"]["mayLeaveMessage"] is False
    assert made["contact"]["mustNotHear"] == "Jaan"
    assert (made["identity"], made["narrative"], made["version"]) == (None, None, 1)
    assert made["recordedBy"] == "dev:coordinator:polva:"
    answer = await case.ask(f"/entries/{made['id']}")
    assert answer.json() == made
    assert answer.headers["etag"] == '"1"'
    assert await case.listed() == [made]


async def test_a_correction_follows_and_nothing_is_overwritten(case: Case) -> None:
    made = await case.told("phone", {"phone": "+372 555 0101"})
    path = f"/entries/{made['id']}"
    body = {"source": "police", "value": {"phone": "+372 555 0202"}}
    answer = await case.ask(f"{path}/correct", POLICE, body, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    versions = (await case.ask(f"{path}/versions")).json()["items"]
    assert [one["contact"]["phone"] for one in versions] == ["+372 555 0202", "+372 555 0101"]
    assert [one["source"] for one in versions] == ["police", "victim"]
    assert versions[0]["replacedAt"] is None
    assert versions[1]["replacedAt"] == versions[0]["recordedAt"]
    assert [one["version"] for one in await case.listed()] == [2]


async def test_what_is_taken_back_is_read_no_more_but_its_history_is(case: Case) -> None:
    made = await case.told("injury", {"text": "Murdunud käsi"})
    path = f"/entries/{made['id']}"
    gone = await case.ask(f"{path}/retract", body={"reason": "wrong-person"}, headers={"If-Match": '"1"'})
    assert (gone.status_code, gone.json()["retracted"], gone.json()["health"]) == (200, "wrong-person", None)
    assert await case.listed() == []
    versions = (await case.ask(f"{path}/versions")).json()["items"]
    assert [one["health"] and one["health"]["text"] for one in versions] == [None, "Murdunud käsi"]
    body = {"source": "victim", "value": {"text": "x"}}
    again = await case.ask(f"{path}/correct", body=body, headers={"If-Match": '"2"'})
    assert (again.status_code, again.json()["type"]) == (409, "urn:turvavork:problem:transition-refused")


@pytest.mark.parametrize("verb", ["correct", "retract"])
@pytest.mark.parametrize(("headers", "status"), [({"If-Match": '"7"'}, 412), ({}, 428)])
async def test_of_two_writers_one_is_told_to_look_again(
    case: Case, verb: str, headers: dict[str, str], status: int
) -> None:
    made = await case.told("phone", {"phone": "+372 555 0101"})
    bodies = {"correct": {"source": "victim", "value": {"phone": "1"}}, "retract": {"reason": "not-needed"}}
    answer = await case.ask(f"/entries/{made['id']}/{verb}", body=bodies[verb], headers=headers)
    assert answer.status_code == status
    assert await case.listed() == [made]


async def test_a_category_that_the_law_does_not_list_is_refused_and_changes_nothing(case: Case) -> None:
    for role, category, value in (
        ("child", "other", {"text": "Midagi"}),
        ("victim", "criminal-record", {"text": "Midagi"}),
        ("threatening-person", "safe-contact", {"kind": "call", "mayLeaveMessage": False}),
    ):
        answer = await case.tell(category, value, role)
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/category", "not-for-role")
        assert "OAS § 10" in error["reason"]
    assert await case.served.world.count("person_entry") == 0


async def test_whoever_is_not_in_the_case_in_this_role_has_no_entries(case: Case) -> None:
    for person, role in ((str(uuid4()), "victim"), (case.people["child"], "victim")):
        case.people["victim"] = person
        answer = await case.tell("phone", {"phone": "1"}, role)
        assert [error["code"] for error in answer.json()["errors"]] == ["not-in-case"]


async def test_the_same_key_records_once(case: Case) -> None:
    once = {"Idempotency-Key": "k-1"}
    first = await case.told("phone", {"phone": "1"}, headers=once)
    assert await case.told("phone", {"phone": "1"}, headers=once) == first
    assert await case.served.world.count("person_entry") == 1


async def test_who_may_not_read_a_class_does_not_learn_that_there_is_something(case: Case) -> None:
    hidden = await case.told("phone", {"phone": "1"})
    shown = await case.told("criminal-record", {"text": "Tingimisi"}, "threatening-person")
    [seen] = await case.listed(CHAIR)
    assert seen == {name: value for name, value in shown.items() if name != "contact"}
    for path in (f"/entries/{hidden['id']}", f"/entries/{hidden['id']}/versions"):
        assert (await case.ask(path, CHAIR)).status_code == 404
    assert {one["id"] for one in await case.listed(POLICE)} == {shown["id"], hidden["id"]}


@pytest.mark.parametrize("subject", [PROBATION, ELSEWHERE])
async def test_others_find_nothing_by_the_same_answer_as_of_nothing(case: Case, subject: str) -> None:
    made = await case.told("phone", {"phone": "1"})
    theirs = await case.ask(f"/entries/{made['id']}", subject)
    nothing = await case.ask(f"/entries/{uuid4()}", subject)
    assert theirs.status_code == nothing.status_code == 404
    assert {**theirs.json(), "instance": ""} == {**nothing.json(), "instance": ""}
    assert (await case.ask(f"/cases/{case.id}/entries", subject)).status_code == 404
    assert (await case.tell("phone", {"phone": "2"}, subject=subject)).status_code == 404


async def test_filters_and_pages(case: Case) -> None:
    for number in range(3):
        await case.told("phone", {"phone": str(number)})
    await case.told("language", {"language": "ru", "interpreter": True}, "child")
    assert len(await case.listed(query="?category=phone")) == 3
    assert len(await case.listed(query=f"?person={case.people['child']}")) == 1
    seen, path = [], f"/cases/{case.id}/entries?limit=3"
    while path:
        page = (await case.ask(path)).json()
        seen += [one["id"] for one in page["items"]]
        path = f"/cases/{case.id}/entries?limit=3&cursor={page['next']}" if page["next"] else ""
    assert len(seen) == len(set(seen)) == 4


async def test_every_step_is_in_the_history_of_the_case_without_its_content(case: Case) -> None:
    made = await case.told("phone", {"phone": "+372 555 0101"})
    await case.ask(
        f"/entries/{made['id']}/retract", body={"reason": "not-needed"}, headers={"If-Match": '"1"'}
    )
    answer = await case.ask(f"/cases/{case.id}/history")
    steps = [(one["machine"], one["action"], one["reason"]) for one in answer.json()["items"]]
    assert steps == [("entry", "retract", "not-needed"), ("entry", "record", None)]
    assert "555" not in answer.text
    events = await case.served.world.rows("select data::text from event where type = 'case.step'")
    assert len(events) == 2
    assert not [one for one in events if "555" in one[0]]


async def test_the_number_of_statements_does_not_grow(case: Case) -> None:
    counts = []
    for number in range(4):
        await case.told("phone", {"phone": str(number)})
        if number in {0, 3}:
            with heard(case.served.app.state.database) as told:
                await case.listed()
            counts.append(len(told))
    assert counts[0] == counts[1]
