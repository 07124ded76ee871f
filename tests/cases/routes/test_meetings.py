"""A region's meetings, as those who plan them and those who come see them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cases.statements import heard

Build = Callable[..., Any]
COORDINATOR, ELSEWHERE = "dev:coordinator:polva:", "dev:coordinator:rakvere:"
MEMBER, CHAIR = "dev:agency-member:polva:police", "dev:chair:polva:"
ROOM = {"startsAt": "13:00", "minutes": 180, "place": "Põlva politseijaoskond"}
SERIES = {"region": "polva", "startsOn": "2017-05-11", "everyWeeks": 4, **ROOM}
EXTRA = {"region": "polva", "meetsOn": "2017-06-01", "kind": "extra", **ROOM}


def _slug(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


@pytest.fixture(autouse=True)
def _then(served: Any) -> None:
    """It is the 4th of May 2017."""
    served.app.state.database.clock = served.world.clock


@pytest.fixture
def series(served: Any) -> Build:
    async def make(**changes: Any) -> Any:
        return await served.ask("/meeting-series", COORDINATOR, "POST", json={**SERIES, **changes})

    return make


@pytest.fixture
def call(served: Any) -> Build:
    async def make(subject: str = COORDINATOR, key: str | None = None, **changes: Any) -> Any:
        headers = {} if key is None else {"Idempotency-Key": key}
        return await served.ask("/meetings", subject, "POST", json={**EXTRA, **changes}, headers=headers)

    return make


@pytest.fixture
def move(served: Any) -> Build:
    async def run(meeting: Any, verb: str, version: int | None = None, **told: Any) -> Any:
        path = f"/meetings/{meeting['id']}/steps/{verb}"
        subject = told.pop("subject", COORDINATOR)
        headers = {"If-Match": f'"{version or meeting["version"]}"'}
        return await served.ask(path, subject, "POST", json={"reason": None, **told}, headers=headers)

    return run


async def test_a_series_makes_its_meetings_once(served: Any, series: Build) -> None:
    made = await series()
    assert (made.status_code, made.headers["etag"], made.json()["casesThatFit"]) == (201, '"1"', 6)
    path = f"/meeting-series/{made.json()['id']}/meetings"
    first = await served.ask(path, COORDINATOR, "POST", json={"until": "2017-07-06"})
    again = await served.ask(path, COORDINATOR, "POST", json={"until": "2017-07-06"})
    assert first.json() == again.json()
    days = [(one["meetsOn"], one["agendaClosesOn"], one["state"]) for one in first.json()["items"]]
    assert days == [
        ("2017-05-11", "2017-05-04", "planned"),  # closes on the day on which it is called, not before
        ("2017-06-08", "2017-05-29", "planned"),
        ("2017-07-06", "2017-06-26", "planned"),
    ]


async def test_a_changed_series_leaves_the_meetings_that_were_made(served: Any, series: Build) -> None:
    made = (await series()).json()
    path = f"/meeting-series/{made['id']}"
    await served.ask(f"{path}/meetings", COORDINATOR, "POST", json={"until": "2017-05-31"})
    change = {name: value for name, value in SERIES.items() if name != "region"} | {"everyWeeks": 3}
    old = await served.ask(path, COORDINATOR, "PUT", json=change, headers={"If-Match": '"9"'})
    assert (old.status_code, _slug(old)) == (412, "stale-version")
    answer = await served.ask(path, COORDINATOR, "PUT", json=change, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["version"], answer.json()["everyWeeks"]) == (200, 2, 3)
    planned = await served.ask(f"{path}/meetings", COORDINATOR, "POST", json={"until": "2017-06-08"})
    assert [one["meetsOn"] for one in planned.json()["items"]] == ["2017-05-11", "2017-06-01"]
    listed = await served.ask("/meeting-series?region=polva", MEMBER)
    assert [one["id"] for one in listed.json()["items"]] == [made["id"]]


async def test_a_meeting_that_was_put_off_is_not_planned_anew(
    served: Any, series: Build, move: Build
) -> None:
    made = (await series()).json()
    path = f"/meeting-series/{made['id']}/meetings"
    [meeting] = (await served.ask(path, COORDINATOR, "POST", json={"until": "2017-05-11"})).json()["items"]
    moved = (await move(meeting, "postpone", reason="chair-away", meetsOn="2017-05-15")).json()
    assert (moved["plannedOn"], moved["meetsOn"], moved["reason"]) == (
        "2017-05-11",
        "2017-05-15",
        "chair-away",
    )
    [again] = (await served.ask(path, COORDINATOR, "POST", json={"until": "2017-05-11"})).json()["items"]
    assert again == moved


async def test_an_emergency_may_be_today_and_takes_cases_until_then(call: Build) -> None:
    answer = await call(kind="emergency", meetsOn="2017-05-04", minutes=30)
    body = answer.json()
    assert (answer.status_code, body["agendaClosesOn"], body["researchDueOn"]) == (
        201, "2017-05-04", "2017-05-04"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"kind": "regular"}, "/kind", "not-for-this"),
        ({"meetsOn": "2017-05-03"}, "/meetsOn", "in-the-past"),
        ({"meetsOn": "2018-05-04"}, "/meetsOn", "too-late"),
        ({"minutesPerCase": 0}, "/minutesPerCase", "out-of-range"),
        ({"minutes": 601}, "/minutes", "out-of-range"),
        ({"startsAt": "25:00"}, "/startsAt", "wrong-form"),
        ({"place": " "}, "/place", "too-short"),
    ],
)
async def test_a_meeting_that_cannot_be_is_refused(
    served: Any, call: Build, changes: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await call(**changes)
    assert answer.status_code == 422
    assert (pointer, code) in {(one["pointer"], one["code"]) for one in answer.json()["errors"]}
    assert await served.world.count("meeting") == 0


async def test_the_same_key_calls_once(served: Any, call: Build) -> None:
    first, again = await call(key="k-1"), await call(key="k-1")
    assert (again.status_code, again.content) == (201, first.content)
    assert await served.world.count("meeting") == 1


async def test_an_agenda_closes_opens_and_the_meeting_is_held(served: Any, call: Build, move: Build) -> None:
    meeting = (await call(meetsOn="2017-05-04")).json()
    closed = (await move(meeting, "close-agenda")).json()
    opened = (await move(closed, "reopen", reason="urgent-case")).json()
    again = (await move(opened, "close-agenda")).json()
    held = await move(again, "hold")
    assert (held.status_code, held.json()["state"], held.headers["etag"]) == (200, "held", '"5"')
    after = await move(held.json(), "cancel", reason="other")
    assert (after.status_code, _slug(after)) == (409, "transition-refused")
    rows = await served.world.rows("select action, source, target, reason, by from meeting_step")
    assert sorted(tuple(row) for row in rows) == [
        ("close-agenda", "planned", "agenda-closed", None, COORDINATOR),
        ("close-agenda", "planned", "agenda-closed", None, COORDINATOR),
        ("hold", "agenda-closed", "held", None, COORDINATOR),
        ("reopen", "agenda-closed", "planned", "urgent-case", COORDINATOR),
    ]


async def test_what_has_not_come_is_not_held(call: Build, move: Build) -> None:
    closed = (await move((await call()).json(), "close-agenda")).json()
    answer = await move(closed, "hold")
    assert (answer.status_code, _slug(answer)) == (409, "meeting-not-yet")


async def test_of_two_writers_one_looks_again(call: Build, move: Build) -> None:
    meeting = (await call()).json()
    await move(meeting, "close-agenda")
    answer = await move(meeting, "cancel", reason="no-cases")
    assert (answer.status_code, _slug(answer)) == (412, "stale-version")


@pytest.mark.parametrize(
    ("subject", "status"), [(MEMBER, 200), (CHAIR, 200), (ELSEWHERE, 404), ("dev:operator::", 403)]
)
async def test_a_meeting_is_read_in_its_network_alone(
    served: Any, call: Build, subject: str, status: int
) -> None:
    meeting = (await call()).json()
    assert (await served.ask(f"/meetings/{meeting['id']}", subject)).status_code == status
    if status == 404:
        assert (await served.ask("/meetings", subject)).json()["items"] == []


@pytest.mark.parametrize(("subject", "status"), [(MEMBER, 403), (CHAIR, 403), (ELSEWHERE, 404)])
async def test_nobody_but_its_coordinator_moves_or_calls_it(
    served: Any, call: Build, move: Build, subject: str, status: int
) -> None:
    meeting = (await call()).json()
    assert (await move(meeting, "cancel", reason="other", subject=subject)).status_code == status
    assert (await call(subject)).status_code == status
    assert await served.world.count("meeting") == 1


async def test_the_list_goes_from_the_latest_day_by_pages_and_filters(served: Any, call: Build) -> None:
    for day in ("2017-05-20", "2017-06-20", "2017-07-20"):
        await call(meetsOn=day)
    first = (await served.ask("/meetings?limit=2", MEMBER)).json()
    rest = (await served.ask(f"/meetings?limit=2&cursor={first['next']}", MEMBER)).json()
    days = [one["meetsOn"] for page in (first, rest) for one in page["items"]]
    assert (days, rest["next"]) == (["2017-07-20", "2017-06-20", "2017-05-20"], None)
    some = (await served.ask("/meetings?since=2017-06-01&until=2017-06-30&state=planned", MEMBER)).json()
    assert [one["meetsOn"] for one in some["items"]] == ["2017-06-20"]


async def test_a_longer_list_takes_no_more_statements(served: Any, call: Build) -> None:
    counts = []
    for day in ("2017-05-20", "2017-06-20"):
        await call(meetsOn=day)
        with heard(served.app.state.database) as told:
            await served.ask("/meetings", MEMBER)
        counts.append(len(told))
    assert counts[0] == counts[1]


async def test_a_calendar_tells_of_the_networks_meetings_and_of_nobody(served: Any, call: Build) -> None:
    await call(kind="emergency", meetsOn="2017-05-04")
    answer = await served.ask("/calendar", MEMBER, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert "SUMMARY:Emergency network meeting\r\n" in answer.text
    assert "DTSTART:20170504T100000Z\r\n" in answer.text
    assert "BEGIN:VEVENT" not in (await served.ask("/calendar", ELSEWHERE)).text
