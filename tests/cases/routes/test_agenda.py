"""Cases on agendas: once a day, until the agenda closes, as much as fits."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.cases.statements import heard

Build = Callable[..., Any]
COORDINATOR, ELSEWHERE = "dev:coordinator:polva:", "dev:coordinator:rakvere:"
POLICE, PROBATION = "dev:agency-member:polva:police", "dev:agency-member:polva:probation"
ROOM = {"startsAt": "13:00", "minutes": 60, "minutesPerCase": 30, "place": "Põlva"}


def _slug(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


@pytest.fixture(autouse=True)
def _then(served: Any) -> None:
    """It is the 4th of May 2017."""
    served.app.state.database.clock = served.world.clock


@pytest.fixture
def meeting(served: Any) -> Build:
    async def make(meets_on: str = "2017-06-01", region: str = "polva") -> Any:
        told = {"region": region, "meetsOn": meets_on, "kind": "extra", **ROOM}
        answer = await served.ask("/meetings", f"dev:coordinator:{region}:", "POST", json=told)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


@pytest.fixture
def case(served: Any, a_message: Build) -> Build:
    async def make(*agencies: str, **changes: Any) -> str:
        reference = f"A-{len(await served.world.rows('select from referral')) + 1}"
        sender = {"client": "ee-dev/GOV/70008747/polis", "reference": reference, "version": 1}
        return str(await served.opened(a_message(sender=sender, **changes), *(agencies or ("police",))))

    return make


@pytest.fixture
def put(served: Any) -> Build:
    async def run(meeting: Any, case: str, subject: str = COORDINATOR, **told: Any) -> Any:
        path = f"/meetings/{meeting['id']}/agenda"
        return await served.ask(path, subject, "POST", json={"caseId": case, **told})

    return run


@pytest.fixture
def step(served: Any) -> Build:
    async def run(path: str, version: int, **told: Any) -> Any:
        headers = {"If-Match": f'"{version}"'}
        return await served.ask(path, COORDINATOR, "POST", json=told, headers=headers)

    return run


async def test_a_new_case_is_proposed_until_it_is_on_an_agenda(
    served: Any, meeting: Build, case: Build, put: Build
) -> None:
    here, one = await meeting(), await case()
    proposals = (await served.ask(f"/meetings/{here['id']}/proposals")).json()["items"]
    assert [(each["caseId"], each["why"]) for each in proposals] == [(one, "new")]
    answer = await put(here, one)
    body = answer.json()
    assert (answer.status_code, body["why"], body["minutes"], body["position"]) == (201, "new", 30, 1)
    assert (await served.ask(f"/meetings/{here['id']}/proposals")).json()["items"] == []
    history = (await served.ask(f"/cases/{one}/history")).json()["items"]
    assert [(each["machine"], each["action"], each["toState"]) for each in history] == [
        ("agenda-item", "put-on", "on")
    ]


async def test_a_case_is_discussed_once_on_one_date(
    served: Any, meeting: Build, case: Build, put: Build, step: Build
) -> None:
    one, first, second, later = await case(), await meeting(), await meeting(), await meeting("2017-06-02")
    await put(first, one)
    for twice in (first, second):
        answer = await put(twice, one)
        assert (answer.status_code, _slug(answer)) == (409, "already-on-agenda")
    assert (await put(later, one)).status_code == 201
    told = {"reason": "chair-away", "meetsOn": "2017-06-01"}
    moved = await step(f"/meetings/{later['id']}/steps/postpone", 1, **told)
    assert (moved.status_code, _slug(moved)) == (409, "already-on-agenda")
    assert (await step(f"/meetings/{first['id']}/steps/cancel", 1, reason="other")).status_code == 200
    moved = await step(f"/meetings/{later['id']}/steps/postpone", 1, **told)
    assert moved.status_code == 200  # a cancelled meeting discusses nothing
    days = await served.world.rows("select meets_on::text, live from agenda_item order by added_at, position")
    assert sorted(tuple(row) for row in days) == [("2017-06-01", False), ("2017-06-01", True)]


async def test_what_was_taken_off_is_proposed_again(
    served: Any, meeting: Build, case: Build, put: Build, step: Build
) -> None:
    here, one = await meeting(), await case()
    item = (await put(here, one)).json()
    path = f"/agenda-items/{item['id']}/take-off"
    assert (await step(path, 1, reason="no-such")).status_code == 422
    assert _slug(await step(path, 2, reason="no-time")) == "stale-version"
    off = await step(path, 1, reason="no-time")
    assert (off.json()["state"], off.json()["reason"], off.headers["etag"]) == ("taken-off", "no-time", '"2"')
    assert _slug(await step(path, 2, reason="no-time")) == "transition-refused"
    proposals = (await served.ask(f"/meetings/{here['id']}/proposals")).json()["items"]
    assert [each["caseId"] for each in proposals] == [one]
    assert (await put(here, one)).status_code == 201


async def test_more_than_fits_is_taken_and_said(served: Any, meeting: Build, case: Build, put: Build) -> None:
    here = await meeting()
    for minutes in (None, 30, 45):
        assert (await put(here, await case(), minutes=minutes)).status_code == 201
    load = (await served.ask(f"/meetings/{here['id']}/agenda")).json()["load"]
    assert load == {"cases": 3, "minutes": 105, "available": 60, "over": 45}


async def test_a_closed_agenda_takes_a_case_only_with_a_reason(
    meeting: Build, case: Build, put: Build, step: Build
) -> None:
    here = await meeting()
    assert (await step(f"/meetings/{here['id']}/steps/close-agenda", 1, reason=None)).status_code == 200
    one = await case()
    assert _slug(await put(here, one)) == "agenda-closed"
    unknown = await put(here, one, lateReason="no-such")
    assert [error["pointer"] for error in unknown.json()["errors"]] == ["/lateReason"]
    late = await put(here, one, lateReason="urgent")
    assert (late.status_code, late.json()["lateReason"]) == (201, "urgent")


async def test_an_agenda_closes_by_its_day_as_well(
    served: Any, meeting: Build, case: Build, put: Build
) -> None:
    near, one = await meeting("2017-05-05"), await case()  # closes on the day on which it was called
    served.world.clock.advance(timedelta(days=1))
    assert _slug(await put(near, one)) == "agenda-closed"
    assert (await put(near, one, lateReason="urgent")).status_code == 201
    served.world.clock.advance(timedelta(days=1))
    assert _slug(await put(near, await case(), lateReason="urgent")) == "agenda-closed"


async def test_a_cancelled_meeting_takes_nothing(
    meeting: Build, case: Build, put: Build, step: Build
) -> None:
    here = await meeting()
    await step(f"/meetings/{here['id']}/steps/cancel", 1, reason="no-cases")
    assert _slug(await put(here, await case(), lateReason="urgent")) == "agenda-closed"


async def test_a_case_of_another_region_is_not_found(meeting: Build, case: Build, put: Build) -> None:
    there = await case(region="rakvere")
    assert (await put(await meeting(), there)).status_code == 404
    assert (await put(await meeting(region="rakvere"), there)).status_code == 404
    assert (await put(await meeting(region="rakvere"), there, ELSEWHERE)).status_code == 201


async def test_an_agency_sees_the_cases_in_which_it_takes_part(
    served: Any, meeting: Build, case: Build, put: Build
) -> None:
    here = await meeting()
    shared, own = await case("police", "probation"), await case("probation")
    for each in (shared, own):
        await put(here, each)
    seen = {}
    for subject in (COORDINATOR, POLICE, PROBATION):
        agenda = await served.ask(f"/meetings/{here['id']}/agenda", subject)
        seen[subject] = {item["caseId"] for item in agenda.json()["items"]}
    assert seen == {COORDINATOR: {shared, own}, POLICE: {shared}, PROBATION: {shared, own}}
    assert (await served.ask(f"/meetings/{here['id']}/agenda", ELSEWHERE)).status_code == 404
    assert (await put(here, shared, POLICE)).status_code == 403


async def test_a_longer_agenda_takes_no_more_statements(
    served: Any, meeting: Build, case: Build, put: Build
) -> None:
    here, counts = await meeting(), []
    for _ in range(2):
        await put(here, await case())
        with heard(served.app.state.database) as told:
            await served.ask(f"/meetings/{here['id']}/agenda")
        counts.append(len(told))
    assert counts[0] == counts[1]
