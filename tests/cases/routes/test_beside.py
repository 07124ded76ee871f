"""``fields`` and ``expand`` on things of a case: the rights of each address, and a row for each."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cases.statements import heard

Build = Callable[..., Any]
POLICE, PROBATION = "dev:agency-member:polva:police", "dev:agency-member:polva:probation"
PARTS = ("people", "actions", "monitoring", "safety-plans")


@pytest.fixture
async def case(served: Any, a_message: Build) -> str:
    return str(await served.opened(a_message(), "police", "victim-support"))


async def _rows(served: Any, answer: Any) -> list[tuple[Any, ...]]:
    rows = await served.world.rows(
        "select operation, fields, problem from audit where request_id = $1 order by id",
        answer.headers["x-request-id"],
    )
    return [tuple(row) for row in rows]


async def test_a_part_is_the_same_as_at_its_own_address_and_leaves_its_own_row(
    served: Any, case: str
) -> None:
    for who in ("dev:coordinator:polva:", POLICE):
        whole = await served.ask(f"/cases/{case}?expand={','.join(PARTS)}", who)
        for name in PARTS:
            alone = await served.ask(f"/cases/{case}/{name}", who)
            part = whole.json()["expanded"][name]
            assert (part["status"], part["etag"]) == (alone.status_code, alone.headers.get("etag")), name
            differ = {"instance"}
            assert {key: value for key, value in part["body"].items() if key not in differ} == {
                key: value for key, value in alone.json().items() if key not in differ
            }
        operations = [row[0] for row in await _rows(served, whole)]
        assert sorted(operations) == sorted(
            ["get_case", "list_case_people", "list_case_actions", "get_monitoring", "list_safety_plans"]
        )


async def test_whoever_may_not_see_the_case_sees_nothing_beside_it(served: Any, case: str) -> None:
    asked = await served.ask(f"/cases/{case}?expand=people&fields=id", PROBATION)
    assert asked.status_code == 404
    assert "expanded" not in asked.json()
    assert [row[0] for row in await _rows(served, asked)] == ["get_case"]


async def test_a_part_that_is_not_the_callers_to_read_is_refused_in_its_place(served: Any, case: str) -> None:
    answer = await served.ask(f"/cases/{case}?expand=repeat-proposals,actions", POLICE)
    parts = answer.json()["expanded"]
    assert parts["repeat-proposals"]["status"] == 403
    assert parts["actions"]["status"] == 200
    rows = {operation: problem for operation, _, problem in await _rows(served, answer)}
    assert rows == {"get_case": None, "list_repeat_proposals": "forbidden", "list_case_actions": None}


async def test_what_is_not_asked_for_is_not_disclosed(served: Any, case: str) -> None:
    answer = await served.ask(f"/cases/{case}?fields=id,state")
    assert answer.json() == {"id": case, "state": "open"}
    assert answer.headers["etag"]
    assert await _rows(served, answer) == [("get_case", ["basic"], None)]
    page = await served.ask("/cases?fields=id&limit=1")
    assert page.json() == {"items": [{"id": case}], "next": None}


async def test_who_may_not_ask_is_not_told_of_names(served: Any, case: str) -> None:
    answer = await served.ask(f"/cases/{case}?fields=kanaarilind", purpose="statistics")
    assert answer.status_code == 403
    known = await served.ask(f"/cases/{case}?fields=kanaarilind")
    assert (known.status_code, known.json()["errors"][0]["pointer"]) == (422, "query:fields")
    assert "kanaarilind" not in known.text


async def test_the_number_of_statements_is_that_of_the_parts(served: Any, case: str) -> None:
    counts = []
    for path in ("", "/people", "/actions", "?expand=people,actions"):
        with heard(served.app.state.database) as told:
            assert (await served.ask(f"/cases/{case}{path}")).status_code == 200
        counts.append(len(told))
    assert counts[3] == sum(counts[:3])
