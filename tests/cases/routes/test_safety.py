"""Safety plans over HTTP: who keeps them, who reads them, and that nothing of them is told elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.kit.calendar import local_date
from services.kit.clock import SystemClock
from tests.cases.statements import heard

Build = Callable[..., Any]
COORDINATOR = "dev:coordinator:polva:"
CHAIR = "dev:chair:polva:"
POLICE = "dev:agency-member:polva:police"
KEEPER = "dev:agency-member:polva:victim-support"
PROBATION = "dev:agency-member:polva:probation"
CANARY = "Kanaarilind-turvaplaan"
SECTIONS = [
    {"code": "in-danger", "text": f"{CANARY} helistan 112."},
    {"code": "safe-place", "text": f"{CANARY} Salajane tänav 7."},
]


def day(days: int) -> str:
    found: date = local_date(SystemClock().now()) + timedelta(days=days)
    return found.isoformat()


@dataclass
class Keeping:
    """A case, and ways to keep plans in it."""

    served: Any
    case: str

    async def asks(
        self, path: str, who: str = COORDINATOR, body: Any = None, **headers: str
    ) -> httpx.Response:
        method = "GET" if body is None else headers.pop("method", "POST")
        answer: httpx.Response = await self.served.ask(path, who, method, json=body, headers=headers)
        return answer

    async def drawn_up(self, who: str = COORDINATOR, **changes: Any) -> dict[str, Any]:
        body = {"partId": None, "sections": SECTIONS, **changes}
        answer = await self.asks(f"/cases/{self.case}/safety-plans", who, body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def does(
        self, plan: dict[str, Any], verb: str, body: Any, who: str = COORDINATOR
    ) -> httpx.Response:
        path = f"/safety-plans/{plan['id']}" + (f"/{verb}" if verb else "")
        seen = {"If-Match": f'"{plan["version"]}"'}
        return await self.asks(path, who, body, method="POST" if verb else "PUT", **seen)

    async def agreed(self, plan: dict[str, Any]) -> dict[str, Any]:
        answer = await self.does(plan, "agree", {"agreedOn": day(0), "reviewOn": day(60)})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def waiting(self) -> list[tuple[str, str]]:
        items = (await self.asks("/duties")).json()["items"]
        return [(item["clock"], item["dueOn"]) for item in items]


@pytest_asyncio.fixture
async def keeping(served: Any, a_message: Build) -> Keeping:
    today = day(0)
    message = a_message(referredOn=today)
    message["assessment"]["completedOn"] = today
    return Keeping(served, await served.opened(message, "police", "victim-support"))


async def test_a_case_waits_for_a_plan_until_she_has_agreed_to_one(keeping: Keeping) -> None:
    assert [clock for clock, _ in await keeping.waiting()] == ["safety-plan"]
    plan = await keeping.drawn_up(KEEPER)
    assert (plan["state"], plan["agreedOn"]) == ("draft", None)
    assert [clock for clock, _ in await keeping.waiting()] == ["safety-plan"]
    agreed = await keeping.agreed(plan)
    assert (agreed["state"], agreed["agreedOn"], agreed["reviewOn"]) == ("agreed", day(0), day(60))
    [(clock, due)] = await keeping.waiting()
    assert clock == "safety-plan-review"
    assert due >= day(60)
    assert (await keeping.does(agreed, "end", {"reason": "replaced"})).status_code == 200
    assert await keeping.waiting() == []


async def test_headings_come_with_the_text_in_three_languages(keeping: Keeping) -> None:
    plan = await keeping.drawn_up()
    [section], [place] = plan["sections"], plan["whereabouts"]
    assert (section["code"], place["code"]) == ("in-danger", "safe-place")
    assert set(section["heading"]) == {"et", "ru", "en"}
    published = (await keeping.asks("/safety-plan-sections")).json()["items"]
    assert {"in-danger", "safe-place"} <= {each["code"] for each in published}


async def test_who_chairs_does_not_read_where_she_is(keeping: Keeping) -> None:
    plan = await keeping.drawn_up()
    seen = (await keeping.asks(f"/safety-plans/{plan['id']}", CHAIR)).json()
    assert "whereabouts" not in seen
    assert seen["sections"] == plan["sections"]
    listed = await keeping.asks(f"/cases/{keeping.case}/safety-plans", CHAIR)
    assert "Salajane" not in listed.text


async def test_the_police_read_it_at_night_and_do_not_write_it(keeping: Keeping) -> None:
    plan = await keeping.drawn_up()
    seen = await keeping.asks(f"/safety-plans/{plan['id']}", POLICE)
    assert seen.json()["whereabouts"] == plan["whereabouts"]
    answer = await keeping.does(plan, "", {"sections": SECTIONS}, POLICE)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:turvavork:problem:not-found")
    body = {"partId": None, "sections": SECTIONS}
    assert (await keeping.asks(f"/cases/{keeping.case}/safety-plans", POLICE, body)).status_code == 404
    assert (await keeping.does(plan, "end", {"reason": "replaced"}, CHAIR)).status_code == 403


async def test_to_who_is_not_in_the_case_there_is_no_such_plan(keeping: Keeping) -> None:
    plan = await keeping.drawn_up()
    for who in (PROBATION, "dev:coordinator:rakvere:"):
        for path in (f"/safety-plans/{plan['id']}", f"/safety-plans/{plan['id']}/versions"):
            assert (await keeping.asks(path, who)).status_code == 404
        assert (await keeping.asks(f"/cases/{keeping.case}/safety-plans", who)).status_code == 404


async def test_what_she_agreed_to_is_kept_when_the_words_change(keeping: Keeping) -> None:
    agreed = await keeping.agreed(await keeping.drawn_up())
    other = [{"code": "in-danger", "text": "Muu."}]
    answer = await keeping.does(agreed, "", {"sections": other}, KEEPER)
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert (changed["state"], changed["agreedOn"], changed["whereabouts"]) == ("draft", day(0), [])
    versions = (await keeping.asks(f"/safety-plans/{agreed['id']}/versions")).json()["items"]
    assert [(one["version"], one["isAgreed"]) for one in versions] == [(2, True), (1, False)]
    assert versions[0]["whereabouts"] == agreed["whereabouts"]


async def test_one_plan_for_each_person_and_none_for_who_threatens(keeping: Keeping) -> None:
    case = (await keeping.asks(f"/cases/{keeping.case}")).json()
    parts = {person["role"]: person["id"] for person in case["persons"]}
    await keeping.drawn_up(partId=parts["victim"])
    await keeping.drawn_up(partId=parts["child"])
    await keeping.drawn_up()
    path = f"/cases/{keeping.case}/safety-plans"
    again = await keeping.asks(path, COORDINATOR, {"partId": parts["child"], "sections": SECTIONS})
    assert (again.status_code, again.json()["type"]) == (409, "urn:turvavork:problem:safety-plan-exists")
    for part in (parts["threatening-person"], keeping.case):
        refused = await keeping.asks(path, COORDINATOR, {"partId": part, "sections": SECTIONS})
        assert refused.json()["errors"][0]["pointer"] == "/partId"
    assert len((await keeping.asks(path)).json()["items"]) == 3


async def test_of_two_who_change_it_one_looks_again(keeping: Keeping) -> None:
    plan = await keeping.drawn_up()
    await keeping.agreed(plan)
    assert (await keeping.does(plan, "", {"sections": SECTIONS})).status_code == 412


async def test_the_same_key_draws_up_once(keeping: Keeping) -> None:
    path, body = f"/cases/{keeping.case}/safety-plans", {"partId": None, "sections": SECTIONS}
    answers = [await keeping.asks(path, COORDINATOR, body, **{"Idempotency-Key": "once"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    ("sections", "pointer"),
    [
        ([{"code": "tea", "text": "a"}], "/sections/0/code"),
        ([{"code": "children", "text": " "}], "/sections/0/text"),
        ([SECTIONS[0], SECTIONS[0]], "/sections/1/code"),
        ([SECTIONS[0]] * 21, "/sections"),
    ],
)
async def test_what_breaks_a_rule_is_named_and_changes_nothing(
    keeping: Keeping, sections: list[Any], pointer: str
) -> None:
    body = {"partId": None, "sections": sections}
    answer = await keeping.asks(f"/cases/{keeping.case}/safety-plans", COORDINATOR, body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert CANARY not in answer.text
    assert await keeping.served.world.count("safety_plan") == 0


async def test_no_word_of_it_stands_in_clear_or_is_told(keeping: Keeping) -> None:
    await keeping.agreed(await keeping.drawn_up())
    for table in ("safety_plan", "safety_plan_version", "duty", "case_step", "event", "audit"):
        rows = await keeping.served.world.rows(f"select row_to_json(t)::text from {table} t")  # noqa: S608
        assert rows
        assert not [row for row in rows if CANARY in row[0]]
    for path in ("/duties", f"/cases/{keeping.case}/history"):
        assert CANARY not in (await keeping.asks(path)).text


async def test_plans_of_a_case_are_as_many_statements_however_many_they_are(keeping: Keeping) -> None:
    case = (await keeping.asks(f"/cases/{keeping.case}")).json()
    parts = {person["role"]: person["id"] for person in case["persons"]}
    asked = []
    for part in (None, parts["victim"]):
        await keeping.drawn_up(partId=part)
        with heard(keeping.served.app.state.database) as told:
            await keeping.asks(f"/cases/{keeping.case}/safety-plans")
        asked.append(len(told))
    assert asked[0] == asked[1]
