"""Looking for people and referrals over HTTP: what is found, what is refused, and what the log keeps."""

from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest_asyncio

from services.kit import keys, personal_code
from services.kit.audit import Handles
from services.kit.ids import new_reference

Build = Callable[..., Any]
COORDINATOR = "dev:coordinator:polva:"
CHAIR = "dev:chair:polva:"
POLICE, PROBATION = "dev:agency-member:polva:police", "dev:agency-member:polva:probation"
ELSEWHERE = "dev:coordinator:rakvere:"


class Case:
    """A case with the police in it, whose victim also goes by another name; and somebody added by hand."""

    def __init__(self, served: Any, message: dict[str, Any], case: str) -> None:
        self.served, self.message, self.id = served, message, case
        self.people: dict[str, str] = {}

    async def search(self, subject: str = COORDINATOR, query: str = "", **asked: Any) -> httpx.Response:
        body = {"reason": "new-incident", **asked}
        answer: httpx.Response = await self.served.ask(f"/searches{query}", subject, "POST", json=body)
        return answer

    async def found(self, subject: str = COORDINATOR, **asked: Any) -> list[dict[str, Any]]:
        answer = await self.search(subject, **asked)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def told(self, path: str, **body: Any) -> dict[str, Any]:
        answer = await self.served.ask(f"/cases/{self.id}/{path}", COORDINATOR, "POST", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made


@pytest_asyncio.fixture
async def case(served: Any, a_message: Build) -> Case:
    message = a_message()
    made = Case(served, message, await served.opened(message, "police"))
    listed = (await served.ask(f"/cases/{made.id}/people")).json()["items"]
    made.people = {one["role"]: one["personId"] for one in listed}
    await made.told(
        "entries",
        personId=made.people["victim"],
        role="victim",
        category="name",
        source="victim",
        value={"givenName": "Татьяна", "familyName": "Иванова", "kind": "alias"},
    )
    made.people["other"] = (
        await made.told(
            "people",
            role="other",
            relationToVictim="other",
            sex="female",
            givenName="Leida",
            familyName="Tamm",
            birthDate="1950-01-02",
            confidence="told",
            source="victim",
        )
    )["personId"]
    return made


async def test_each_way_to_ask_finds_her_and_says_why(case: Case) -> None:
    victim = case.message["persons"][0]
    [row] = await case.served.world.rows("select id, reference from referral")
    names = {"givenName": victim["givenName"], "familyName": victim["familyName"]}
    ways: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
        ({"personalCode": victim["personalCode"]}, [("personal-code", "same")]),
        (names, [("names", "same")]),
        ({**names, "birthDate": victim["birthDate"]}, [("names", "same"), ("birth-date", "same")]),
        ({"givenName": "Tatjana", "familyName": "Ivanova"}, [("names", "alias")]),
    ]
    for asked, matched in ways:
        [hit] = await case.found(**asked)
        assert [(one["field"], one["how"]) for one in hit.pop("matched")] == matched
        assert hit == {
            "personId": case.people["victim"],
            "role": "victim",
            "region": "polva",
            "since": case.message["referredOn"],
            "referralId": str(row["id"]),
            "reference": row["reference"],
            "status": "ACCEPTED",
            "caseId": case.id,
            "identity": {**names, "birthDate": victim["birthDate"]},
        }
    by_reference = await case.found(reference=row["reference"].lower())
    assert {hit["role"] for hit in by_reference} == {"victim", "threatening-person", "child"}
    [added] = await case.found(givenName="Leida", familyName="Tamm", birthDate="1950-01-02")
    assert (added["personId"], added["referralId"]) == (case.people["other"], None)
    assert added["identity"] == {"givenName": "Leida", "familyName": "Tamm", "birthDate": "1950-01-02"}


async def test_one_page_follows_the_other(case: Case) -> None:
    [row] = await case.served.world.rows("select reference from referral")
    found, query = [], "?limit=2"
    for _ in range(2):
        page = (await case.search(query=query, reference=row["reference"])).json()
        found += [hit["personId"] for hit in page["items"]]
        query = f"?limit=2&cursor={page['next']}"
    assert page["next"] is None
    assert len(found) == len(set(found)) == 3


async def test_who_may_not_read_hears_the_same_as_of_nobody(case: Case) -> None:
    """Another region, an agency that is not in the case, a code that nobody has: byte by byte."""
    code = case.message["persons"][0]["personalCode"]
    nobody = personal_code.make(date(1931, 2, 3), "female", 7)
    answers = [
        await case.search(ELSEWHERE, personalCode=code),
        await case.search(PROBATION, personalCode=code),
        await case.search(personalCode=nobody),
        await case.search(reference=new_reference()),
        await case.search(ELSEWHERE, givenName="Tatjana", familyName="Ivanova"),
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (200, b'{"items":[],"next":null}')
    }
    assert len(await case.found(POLICE, personalCode=code)) == 1
    assert len(await case.found(CHAIR, personalCode=code)) == 1


async def test_an_excluded_member_and_a_sealed_case_are_silent(case: Case) -> None:
    code = case.message["persons"][0]["personalCode"]
    await case.told("exclusions", member=POLICE, kind="relative", reason="Sugulane.")
    assert await case.found(POLICE, personalCode=code) == []
    await case.told("seal", reason="Oht.", members=[COORDINATOR])
    assert await case.found(CHAIR, personalCode=code) == []
    assert len(await case.found(personalCode=code)) == 1


async def test_somebody_who_is_the_same_person_is_found_under_each_of_her_names(
    case: Case, served: Any, a_message: Build
) -> None:
    told = {**case.message["persons"][0], "personalCode": None, "birthDate": "1971-01-02"}
    told |= {"givenName": "Teine", "familyName": "Nimi"}
    message = a_message(persons=[told, *a_message()["persons"][1:]])
    await served.opened(message)
    [hit] = await case.found(givenName="Teine", familyName="Nimi")
    proposal = {"other": hit["personId"], "reason": "told-otherwise"}
    merges = f"/people/{case.people['victim']}/merges"
    proposed = (await served.ask(merges, COORDINATOR, "POST", json=proposal)).json()
    done = await served.ask(
        f"/person-merges/{proposed['id']}/decide",
        COORDINATOR,
        "POST",
        json={"decision": "merge"},
        headers={"If-Match": '"1"'},
    )
    assert done.status_code == 200, done.text
    both = await case.found(givenName="Teine", familyName="Nimi")
    assert {one["personId"] for one in both} == {hit["personId"], case.people["victim"]}
    # the police are in one of the two cases: of the other name they hear nothing
    assert await case.found(POLICE, givenName="Teine", familyName="Nimi") == []


async def test_a_search_leaves_handles_of_what_was_asked_and_shown(case: Case) -> None:
    code = case.message["persons"][0]["personalCode"]
    answer = await case.search(personalCode=code, reason="possible-double")
    [row] = await case.served.world.rows(
        "select * from audit where request_id = $1", answer.headers["x-request-id"]
    )
    [hit] = answer.json()["items"]
    handles = Handles(keys.load_secret(case.served.folder, "cases.audit"))
    shown = [f"asked/personal-code/{code}", hit["personId"], hit["referralId"], hit["caseId"]]
    assert row["objects"] == [handles.of(each) for each in shown]
    assert (row["operation"], row["basis"], row["action"]) == ("search_people", "possible-double", "read")
    assert code not in str(dict(row))


async def test_a_search_without_reason_or_beyond_the_budget_is_refused(case: Case) -> None:
    asked = {"givenName": "Mari", "familyName": "Kask"}
    without = await case.search(**asked, reason="curious")
    assert (without.status_code, without.json()["errors"][0]["pointer"]) == (422, "/reason")
    rows = "insert into search_count values ($1, date_trunc('minute', now()), 30)"
    await case.served.world.rows(rows, COORDINATOR)
    answer = await case.search(**asked)
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:turvavork:problem:too-many-requests")
    assert 3500 < int(answer.headers["retry-after"]) <= 3600
    assert (await case.search(CHAIR, **asked)).status_code == 200
    [row] = await case.served.world.rows("select searches from search_count where subject = $1", COORDINATOR)
    assert row["searches"] == 30  # what was refused was none
