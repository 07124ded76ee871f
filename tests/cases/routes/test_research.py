"""What agencies know: asked with names alone, answered by who was asked, owed until then."""

from datetime import timedelta
from typing import Any

import pytest

from tests.cases.routes.network import CHAIR, COORDINATOR, ELSEWHERE, POLICE, PROBATION, Network, slug
from tests.cases.statements import heard

KNOWN = {
    "known": "relevant",
    "text": "Kolm väljakutset.",
    "relevant": True,
    "necessary": True,
    "proportionate": True,
}
NOTHING = {"known": "nothing-known"}


async def _asked(network: Network, *agencies: str) -> Any:
    meeting = await network.meeting()
    item = await network.put(meeting, await network.case("police"))
    answer = await network.do(f"/agenda-items/{item['id']}/research", {"agencies": list(agencies)})
    assert answer.status_code == 200, answer.text
    return item, answer.json()["items"]


async def test_an_agency_is_told_who_it_is_and_nothing_of_the_story(network: Network) -> None:
    item, [question] = await _asked(network, "probation")
    assert (question["state"], question["dueOn"], question["overdue"]) == ("asked", "2017-05-25", False)
    answer = await network.get(f"/research-requests/{question['id']}", PROBATION)
    people = answer.json()["people"]
    assert {person["role"] for person in people} == {"victim", "threatening-person", "child"}
    assert all(set(person) == {"role", "givenName", "familyName", "birthDate"} for person in people)
    assert "Lõi ja ähvardas" not in answer.text
    assert "Salajane" not in answer.text
    assert (await network.get(f"/cases/{item['caseId']}", PROBATION)).status_code == 404
    assert (await network.get(f"/cases/{item['caseId']}/history", PROBATION)).status_code == 404


async def test_who_is_not_asked_hears_of_nothing(network: Network) -> None:
    _, [question] = await _asked(network, "probation")
    path = f"/research-requests/{question['id']}"
    for by, status in ((POLICE, 404), (ELSEWHERE, 404), (COORDINATOR, 200), (CHAIR, 200)):
        assert (await network.get(path, by)).status_code == status, by
        listed = (await network.get("/research-requests", by)).json()["items"]
        assert len(listed) == (status == 200), by
    assert (await network.do(f"{path}/answer", NOTHING, 1, by=POLICE)).status_code == 404
    assert (await network.do(f"{path}/answer", NOTHING, 1, by=COORDINATOR)).status_code == 403


async def test_what_is_told_is_stood_by(network: Network) -> None:
    _, [question] = await _asked(network, "probation")
    path = f"/research-requests/{question['id']}/answer"
    for name in ("relevant", "necessary", "proportionate"):
        wrong = await network.do(path, {**KNOWN, name: False}, 1, by=PROBATION)
        assert [error["pointer"] for error in wrong.json()["errors"]] == [f"/{name}"]
    assert (await network.do(path, {**KNOWN, "text": " "}, 1, by=PROBATION)).status_code == 422
    assert (await network.do(path, {**NOTHING, "text": "x"}, 1, by=PROBATION)).status_code == 422
    answer = await network.do(path, KNOWN, 1, by=PROBATION)
    assert (answer.status_code, answer.json()["state"], answer.json()["text"]) == (
        200, "relevant", "Kolm väljakutset."
    )  # fmt: skip
    assert answer.headers["etag"] == '"2"'
    seen = await network.get(f"/research-requests/{question['id']}")
    assert seen.json()["text"] == "Kolm väljakutset."


async def test_a_later_answer_stands_beside_the_first_and_is_not_taken_back(network: Network) -> None:
    _, [question] = await _asked(network, "probation")
    path = f"/research-requests/{question['id']}/answer"
    assert (await network.do(path, NOTHING, 1, by=PROBATION)).json()["state"] == "nothing-known"
    assert slug(await network.do(path, KNOWN, 1, by=PROBATION)) == "stale-version"
    await network.do(path, KNOWN, 2, by=PROBATION)
    more = await network.do(path, {**KNOWN, "text": "Ja neljas."}, 3, by=PROBATION)
    assert (more.json()["text"], more.json()["version"]) == ("Ja neljas.", 4)
    assert slug(await network.do(path, NOTHING, 4, by=PROBATION)) == "transition-refused"
    rows = await network.served.world.rows(
        "select version, known, text_sealed from research_answer order by version"
    )
    assert [(row["version"], row["known"]) for row in rows] == [
        (2, "nothing-known"), (3, "relevant"), (4, "relevant")
    ]  # fmt: skip
    assert not [row for row in rows if row["text_sealed"] and b"neljas" in row["text_sealed"]]


async def test_the_coordinator_sees_who_owes(network: Network) -> None:
    _, questions = await _asked(network, "police", "probation")
    police = next(each for each in questions if each["agency"] == "police")
    await network.do(f"/research-requests/{police['id']}/answer", NOTHING, 1, by=POLICE)
    assert (await network.get("/research-requests?overdue=true")).json()["items"] == []
    network.served.world.clock.advance(timedelta(days=22))  # the 26th of May
    [owed] = (await network.get("/research-requests?overdue=true")).json()["items"]
    assert (owed["agency"], owed["overdue"]) == ("probation", True)
    path = f"/research-requests/{owed['id']}/answer"
    late = await network.do(path, KNOWN, 1, by=PROBATION)  # late is better than never
    assert (late.status_code, late.json()["overdue"]) == (200, False)


async def test_who_was_asked_is_not_asked_again(network: Network) -> None:
    item, first = await _asked(network, "police")
    path = f"/agenda-items/{item['id']}/research"
    again = (await network.do(path, {"agencies": ["police", "probation"]})).json()["items"]
    assert [again[0], again[1]["agency"]] == [*first, "probation"]
    history = (await network.get(f"/cases/{item['caseId']}/history")).json()["items"]
    assert sum(each["action"] == "ask" for each in history) == 2


@pytest.mark.parametrize(("agencies", "code"), [(["cosmonauts"], "unknown"), (["police", "police"], "twice")])
async def test_an_agency_that_cannot_be_asked_is_told(
    network: Network, agencies: list[str], code: str
) -> None:
    item = await network.put(await network.meeting(), await network.case())
    answer = await network.do(f"/agenda-items/{item['id']}/research", {"agencies": agencies})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
    assert await network.served.world.count("research_request") == 0


async def test_a_longer_list_takes_no_more_statements(network: Network) -> None:
    counts = []
    for _ in range(2):
        await _asked(network, "probation")
        with heard(network.served.app.state.database) as told:
            await network.get("/research-requests", PROBATION)
        counts.append(len(told))
    assert counts[0] == counts[1]


async def test_the_system_of_an_agency_answers_what_the_agency_was_asked(network: Network) -> None:
    _, [question] = await _asked(network, "police")
    served, path = network.served, f"/api/cases/v1/research-requests/{question['id']}/answer"
    for client, status in (("ee-dev/GOV/70009770/star", 404), ("ee-dev/GOV/70008747/polis", 200)):
        headers = served.headers(client, "exchange", "case-work") | {"If-Match": '"1"'}
        answer = await served.http.post(path, json=KNOWN, headers=headers)
        assert answer.status_code == status, answer.text
    assert (answer.json()["state"], answer.json()["version"]) == ("relevant", 2)
    assert "people" not in answer.json()
    seen = await network.get(f"/research-requests/{question['id']}")
    assert seen.json()["text"] == "Kolm väljakutset."
