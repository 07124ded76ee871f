"""The action plan over HTTP: a coordinator asks, agencies take and report their own, a meeting reviews."""

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
VICTIM_SUPPORT = "dev:agency-member:polva:victim-support"
PROBATION = "dev:agency-member:polva:probation"
ELSEWHERE = "dev:coordinator:rakvere:"
CANARY = "Kanaarilind-plaan"
WORDS = {"what": f"{CANARY} kontrollib.", "outcomeWanted": f"{CANARY} on rahulik."}


def day(days: int) -> str:
    found: date = local_date(SystemClock().now()) + timedelta(days=days)
    return found.isoformat()


@dataclass
class Planning:
    """A case, and ways to plan in it."""

    served: Any
    case: str

    async def propose(self, who: str = COORDINATOR, **changes: Any) -> dict[str, Any]:
        body = {**WORDS, "dueOn": day(7), **changes}
        answer = await self.served.ask(f"/cases/{self.case}/actions", who, "POST", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def does(
        self, action: dict[str, Any], verb: str, who: str = COORDINATOR, **body: Any
    ) -> httpx.Response:
        seen = {"If-Match": f'"{body.pop("version", action["version"])}"', **body.pop("headers", {})}
        method = "PUT" if verb == "" else "POST"
        path = f"/actions/{action['id']}" + (f"/{verb}" if verb else "")
        answer: httpx.Response = await self.served.ask(path, who, method, json=body, headers=seen)
        return answer

    async def done(self, action: dict[str, Any], verb: str, who: str = COORDINATOR, **body: Any) -> Any:
        answer = await self.does(action, verb, who, **body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def waiting(self, who: str) -> list[tuple[str, str]]:
        items = (await self.served.ask("/duties", who)).json()["items"]
        return [(item["clock"], item["dueOn"]) for item in items]


@pytest_asyncio.fixture
async def planning(served: Any, a_message: Build) -> Planning:
    today = day(-3)
    message = a_message(referredOn=today)
    message["assessment"]["completedOn"] = today
    return Planning(served, await served.opened(message, "police", "victim-support"))


async def test_an_agency_that_is_asked_takes_it_does_it_and_the_meeting_closes_it(planning: Planning) -> None:
    action = await planning.propose(agency="police")
    assert (action["state"], action["agency"], action["memberId"]) == ("proposed", "police", None)
    [(clock, _)] = await planning.waiting(POLICE)
    assert clock == "action-answer"
    taken = await planning.done(action, "volunteer", POLICE, agency="police")
    assert taken["state"] == "volunteered"
    assert taken["memberId"] is not None
    assert await planning.waiting(POLICE) == [("action", day(7))]
    done = await planning.done(taken, "complete", POLICE, outcome=f"{CANARY} tehtud.")
    assert (done["state"], done["outcome"]) == ("done", f"{CANARY} tehtud.")
    assert await planning.waiting(POLICE) == []
    closed = await planning.done(done, "close")
    assert (closed["state"], closed["version"]) == ("closed", 4)
    steps = (await planning.served.ask(f"/cases/{planning.case}/history")).json()["items"]
    assert [step["action"] for step in steps if step["machine"] == "action"] == [
        "close",
        "complete",
        "volunteer",
        "propose",
    ]


async def test_who_says_no_says_why_and_the_coordinator_asks_another(planning: Planning) -> None:
    action = await planning.propose(agency="police")
    back = await planning.done(action, "decline", POLICE, agency="police", reason="no-capacity")
    assert (back["state"], back["agency"], back["declined"]) == ("proposed", None, ["police"])
    assert "action-answer" in [clock for clock, _ in await planning.waiting(COORDINATOR)]
    given = await planning.done(back, "assign", agency="victim-support", dueOn=day(9))
    assert (given["state"], given["agency"], given["dueOn"]) == ("assigned", "victim-support", day(9))
    assert "action-answer" not in [clock for clock, _ in await planning.waiting(COORDINATOR)]
    assert await planning.waiting(VICTIM_SUPPORT) == [("action", day(9))]
    [step] = [
        step
        for step in (await planning.served.ask(f"/cases/{planning.case}/history")).json()["items"]
        if step["action"] == "decline"
    ]
    assert step["reason"] == "no-capacity"


async def test_what_is_not_done_is_carried_over_to_another_day(planning: Planning) -> None:
    action = await planning.propose()
    given = await planning.done(action, "assign", agency="police")
    failed = await planning.done(given, "fail", POLICE, reason="no-contact")
    assert (failed["state"], failed["reason"], failed["outcome"]) == ("not-done", "no-contact", None)
    again = await planning.done(failed, "carry-over", dueOn=day(21))
    assert (again["state"], again["reviews"], again["reason"]) == ("assigned", 1, None)
    assert await planning.waiting(POLICE) == [("action", day(21))]


async def test_an_agency_reports_its_own_and_sees_the_plan_of_the_case(planning: Planning) -> None:
    action = await planning.done(await planning.propose(), "assign", agency="police")
    for verb, body in (("complete", {"outcome": "Tehtud."}), ("fail", {"reason": "other"})):
        answer = await planning.does(action, verb, VICTIM_SUPPORT, **body)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:turvavork:problem:not-found")
    assert (await planning.served.ask(f"/actions/{action['id']}", VICTIM_SUPPORT)).status_code == 200
    assert (await planning.does(action, "cancel", POLICE, reason="replaced")).status_code == 403
    assert (await planning.does(action, "complete", CHAIR, outcome="Tehtud.")).status_code == 403


@pytest.mark.parametrize("who", [PROBATION, ELSEWHERE])
async def test_to_who_is_not_in_the_case_there_is_no_such_action(planning: Planning, who: str) -> None:
    action = await planning.propose()
    unknown = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"
    for path in ("/actions/{}", "/actions/{}/versions"):
        answers = [await planning.served.ask(path.format(id_), who) for id_ in (action["id"], unknown)]
        bodies = [answer.content.replace(answer.headers["x-request-id"].encode(), b"") for answer in answers]
        assert {answer.status_code for answer in answers} == {404}
        assert bodies[0] == bodies[1]
    assert (await planning.served.ask(f"/cases/{planning.case}/actions", who)).status_code == 404
    assert (await planning.served.ask("/actions", who)).json()["items"] == []
    assert (await planning.does(action, "complete", who, outcome="Tehtud.")).status_code == 404


async def test_mine_is_what_my_agency_has_and_nobody_else_by_name(planning: Planning) -> None:
    taken = await planning.done(await planning.propose(agency="police"), "volunteer", POLICE, agency="police")
    given = await planning.done(await planning.propose(), "assign", agency="police")
    other = await planning.done(await planning.propose(), "assign", agency="victim-support")
    for who, mine in ((POLICE, [taken, given]), (VICTIM_SUPPORT, [other]), (COORDINATOR, [])):
        items = (await planning.served.ask("/actions?mine=true", who)).json()["items"]
        assert {item["id"] for item in items} == {action["id"] for action in mine}
    every = (await planning.served.ask("/actions")).json()["items"]
    assert {item["id"] for item in every} == {taken["id"], given["id"], other["id"]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=assigned", 1),
        ("state=proposed", 1),
        ("agency=police", 1),
        ("region=rakvere", 0),
        ("overdue=true", 1),
    ],
)
async def test_a_list_is_asked_for_parts(planning: Planning, query: str, found: int) -> None:
    await planning.propose()
    await planning.done(await planning.propose(), "assign", agency="police")
    await planning.served.world.rows("update plan_action set due_on = $1", date(2017, 5, 4))
    assert len((await planning.served.ask(f"/actions?{query}")).json()["items"]) == found


async def test_pages_follow_each_other_by_the_day(planning: Planning) -> None:
    made = [await planning.propose(dueOn=day(days)) for days in (9, 3, 6)]
    first = (await planning.served.ask(f"/cases/{planning.case}/actions?limit=2")).json()
    path = f"/cases/{planning.case}/actions?limit=2&cursor={first['next']}"
    rest = (await planning.served.ask(path)).json()
    assert [item["id"] for item in [*first["items"], *rest["items"]]] == [
        made[place]["id"] for place in (1, 2, 0)
    ]


async def test_of_two_who_change_it_one_looks_again(planning: Planning) -> None:
    action = await planning.propose()
    await planning.done(action, "", **WORDS, dueOn=day(8))
    answer = await planning.does(action, "assign", agency="police")
    assert (answer.status_code, answer.json()["type"]) == (412, "urn:turvavork:problem:stale-version")
    without = await planning.served.ask(
        f"/actions/{action['id']}/cancel", COORDINATOR, "POST", json={"reason": "replaced"}
    )
    assert without.status_code == 428


async def test_what_it_said_before_is_kept(planning: Planning) -> None:
    action = await planning.propose()
    amended = await planning.done(action, "", what="Muu.", outcomeWanted="Muu tulemus.", dueOn=day(8))
    assert (amended["what"], amended["version"]) == ("Muu.", 2)
    await planning.done(amended, "assign", agency="police")
    versions = (await planning.served.ask(f"/actions/{action['id']}/versions", POLICE)).json()["items"]
    assert [(one["version"], one["what"], one["dueOn"]) for one in versions] == [
        (2, "Muu.", day(8)),
        (1, WORDS["what"], day(7)),
    ]


async def test_the_same_key_proposes_once(planning: Planning) -> None:
    body, key = {**WORDS, "dueOn": day(7)}, {"Idempotency-Key": "once"}
    path = f"/cases/{planning.case}/actions"
    answers = [await planning.served.ask(path, COORDINATOR, "POST", json=body, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert len((await planning.served.ask(path)).json()["items"]) == 1
    assert answers[0].headers["location"] == f"/api/cases/v1/actions/{answers[0].json()['id']}"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"what": " "}, "/what"),
        ({"dueOn": "2099-01-01"}, "/dueOn"),
        ({"agency": "school"}, "/agency"),
        ({"outcomeWanted": "x" * 4001}, "/outcomeWanted"),
        ({"owner": "police"}, ""),
    ],
)
async def test_what_breaks_a_rule_is_named_and_changes_nothing(
    planning: Planning, changes: dict[str, Any], pointer: str
) -> None:
    body = {**WORDS, "dueOn": day(7), **changes}
    answer = await planning.served.ask(f"/cases/{planning.case}/actions", COORDINATOR, "POST", json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert CANARY not in answer.text
    assert await planning.served.world.count("plan_action") == 0


async def test_somebody_of_another_agency_is_not_given_it(planning: Planning) -> None:
    [row] = await planning.served.world.rows("select id from member where subject = $1", VICTIM_SUPPORT)
    answer = await planning.does(await planning.propose(), "assign", agency="police", memberId=str(row["id"]))
    assert answer.json()["errors"][0]["pointer"] == "/memberId"
    given = await planning.done(
        await planning.propose(), "assign", agency="victim-support", memberId=str(row["id"])
    )
    assert given["memberId"] == str(row["id"])
    [duty] = (await planning.served.ask("/duties", VICTIM_SUPPORT)).json()["items"]
    assert duty["mine"] is True


async def test_no_word_of_it_stands_in_clear_or_is_told(planning: Planning) -> None:
    action = await planning.propose(agency="police")
    await planning.done(
        await planning.done(action, "volunteer", POLICE, agency="police"),
        "complete",
        POLICE,
        outcome=f"{CANARY} tehtud.",
    )
    for table in ("plan_action", "plan_action_version", "duty", "case_step", "event", "audit"):
        rows = await planning.served.world.rows(f"select row_to_json(t)::text from {table} t")  # noqa: S608
        assert rows
        assert not [row for row in rows if CANARY in row[0]]
    duties = await planning.served.ask("/duties", POLICE)
    assert CANARY not in duties.text


async def test_a_list_is_as_many_statements_however_long_it_is(planning: Planning) -> None:
    asked = []
    for _ in range(2):
        await planning.propose()
        for path in ("/actions", f"/cases/{planning.case}/actions"):
            with heard(planning.served.app.state.database) as told:
                await planning.served.ask(path)
            asked.append(len(told))
    assert asked[:2] == asked[2:]


async def test_the_system_of_an_agency_lists_and_reports_what_the_agency_has(planning: Planning) -> None:
    """Also what somebody has by name; nothing of another agency, and nothing that is not its own."""

    async def asks(path: str, client: str, **rest: Any) -> httpx.Response:
        headers = planning.served.headers(client, "exchange", "case-work") | rest.pop("headers", {})
        method = "POST" if "json" in rest else "GET"
        answer: httpx.Response = await planning.served.http.request(
            method, f"/api/cases/v1{path}", headers=headers, **rest
        )
        return answer

    polis, star = "ee-dev/GOV/70008747/polis", "ee-dev/GOV/70009770/star"
    taken = await planning.done(await planning.propose(agency="police"), "volunteer", POLICE, agency="police")
    assert taken["memberId"] is not None
    foreign = await planning.propose(agency="victim-support")
    listed = await asks("/actions?mine=true", polis)
    assert [item["id"] for item in listed.json()["items"]] == [taken["id"]]
    assert listed.json()["items"][0]["what"] == WORDS["what"]
    assert (await asks("/actions?mine=true", star)).json()["items"] == []
    seen, told = {"If-Match": '"2"', "Idempotency-Key": "m-1"}, {"outcome": "Tehtud."}
    assert (await asks(f"/actions/{taken['id']}/complete", star, json=told, headers=seen)).status_code == 404
    mine = {"If-Match": '"1"', "Idempotency-Key": "m-2"}
    assert (
        await asks(f"/actions/{foreign['id']}/complete", polis, json=told, headers=mine)
    ).status_code == 404
    for _ in range(2):
        done = await asks(f"/actions/{taken['id']}/complete", polis, json=told, headers=seen)
        assert (done.status_code, done.json()["state"], done.json()["version"]) == (200, "done", 3)
    nobody = await asks("/actions?mine=true", "ee-dev/GOV/70006317/datatracker")
    assert nobody.status_code == 403
