"""The risk is assessed anew, scored like the referral's, and its change is computed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest_asyncio

from services.kit.calendar import local_date
from services.kit.clock import SystemClock
from tests.cases.routes.network import slug
from tests.cases.routes.test_evaluation import GOALS
from tests.cases.statements import heard

Build = Callable[..., Any]
COORDINATOR, CHAIR = "dev:coordinator:polva:", "dev:chair:polva:"
POLICE, PROBATION = "dev:agency-member:polva:police", "dev:agency-member:polva:probation"
TODAY = local_date(SystemClock().now()).isoformat()
WORRY = "Kanaarilind: ta kardab rohkem, kui ütleb."
LESS = {"instrument": "dash", "completedOn": TODAY, "answers": {"injury": "no", "afraid": "yes"}}


@pytest_asyncio.fixture
async def case(served: Any, a_message: Build) -> str:
    state = served.app.state
    state.reassessing = replace(state.reassessing, riskscore=served.world.riskscore)
    found: str = await served.opened(a_message(), "police")
    return found


async def _record(
    served: Any, case: str, by: str = COORDINATOR, key: str | None = None, **changes: Any
) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return await served.ask(
        f"/cases/{case}/assessments", by, "POST", json={**LESS, **changes}, headers=headers
    )


async def test_a_new_one_stands_beside_the_referrals_and_the_change_is_told(served: Any, case: str) -> None:
    [first] = (await served.ask(f"/cases/{case}/assessments")).json()["items"]
    assert (first["source"], first["change"], first["recordedBy"]) == ("referral", None, None)
    answer = await _record(served, case, POLICE, judgementReason=WORRY)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    again, anew = told["items"]
    assert again == first
    assert (anew["source"], anew["recordedBy"], anew["judgementReason"]) == ("case", POLICE, WORRY)
    by = anew["result"]["score"] - first["result"]["score"]
    assert anew["change"]["score"] == by
    assert (told["changedRisk"]["firstId"], told["changedRisk"]["lastId"]) == (first["id"], anew["id"])
    assert told["changedRisk"]["score"] == by
    [kept] = await served.world.rows("select * from reassessment")
    sealed = b"".join(bytes(kept[f"{name}_sealed"]) for name in ("answers", "result", "note"))
    assert b"injury" not in sealed
    assert WORRY.encode() not in sealed
    for who, status in ((CHAIR, 200), (PROBATION, 404), ("dev:coordinator:rakvere:", 404)):
        assert (await served.ask(f"/cases/{case}/assessments", who)).status_code == status, who
    assert (await _record(served, case, CHAIR)).status_code == 403


async def test_the_same_key_records_once(served: Any, case: str) -> None:
    for _ in range(2):
        answer = await _record(served, case, key="one")
        assert (answer.status_code, len(answer.json()["items"])) == (201, 2)
    other = await _record(served, case, key="one", completedOn="2017-01-01")
    assert slug(other) == "idempotency-key-reused"


async def test_what_the_scorer_refuses_is_told_where_and_without_a_score_there_is_none(
    served: Any, case: str
) -> None:
    wrong = await _record(served, case, completedOn="2099-01-01")
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/completedOn")
    served.world.scorer.mode = "refuse"
    refused = await _record(served, case)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/answers")
    served.world.scorer.mode = "away"
    assert (await _record(served, case)).status_code == 503
    assert await served.world.count("reassessment") == 0


async def test_one_that_was_recorded_in_error_stays_readable_and_counts_no_longer(
    served: Any, case: str
) -> None:
    anew = (await _record(served, case)).json()["items"][-1]
    path = f"/assessments/{anew['id']}/retract"
    reason = next(iter(served.app.state.catalog.monitoring.retraction_reasons))

    async def retract(told: Any, version: int = 1) -> Any:
        return await served.ask(path, COORDINATOR, "POST", json=told, headers={"If-Match": f'"{version}"'})

    assert (await retract({"reason": reason}, 4)).status_code == 412
    assert (await retract({"reason": "weather"})).status_code == 422
    told = (await retract({"reason": reason})).json()
    assert [each["state"] for each in told["items"]] == ["recorded", "retracted"]
    assert told["changedRisk"] is None
    assert slug(await retract({"reason": reason}, 2)) == "transition-refused"
    steps = (await served.ask(f"/cases/{case}/history")).json()["items"]
    assert [step["action"] for step in steps if step["machine"] == "assessment"] == ["retract", "record"]


async def test_an_evaluation_has_the_changed_risk_of_its_day(served: Any, case: str) -> None:
    await _record(served, case)
    closing = {"closedOn": TODAY, "reason": "protected"}
    closed = await served.ask(
        f"/cases/{case}/closing", COORDINATOR, "POST", json=closing, headers={"If-Match": '"1"'}
    )
    assert closed.status_code == 200
    body = {"evaluatedOn": TODAY, "goals": GOALS, "victimsView": "better"}
    path, seen = f"/cases/{case}/evaluations", {"If-Match": '"2"'}
    answer = await served.ask(path, COORDINATOR, "POST", json=body, headers=seen)
    assert answer.status_code == 201, answer.text
    changed = (await served.ask(f"/cases/{case}/assessments")).json()["changedRisk"]
    assert answer.json()["items"][0]["changedRisk"] == changed
    typed = await served.ask(path, COORDINATOR, "POST", json={**body, "changedRisk": changed}, headers=seen)
    assert typed.status_code == 422
    assert (await _record(served, case)).status_code == 201  # monitored
    await served.world.rows("update marac_case set state = 'ended'")
    assert (await _record(served, case)).json()["errors"][0]["code"] == "ended"


async def test_the_number_of_statements_is_the_same_however_many_there_are(served: Any, case: str) -> None:
    counts = []
    for _ in range(3):
        with heard(served.app.state.database) as told:
            await _record(served, case)
        counts.append(len(told))
    assert len(set(counts)) == 1
