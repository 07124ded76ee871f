"""The log of contacts, and the reports of support persons."""

from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.cases.routes.test_support import COORDINATOR, Pool, today
from tests.cases.routes.test_supporting import WHO, Supported
from tests.cases.statements import heard

Build = Callable[..., Any]
CONTACT = {"channel": "phone", "kind": "conversation", "outcome": "reached", "minutes": 40, "note": "Kardab."}


@pytest_asyncio.fixture
async def supported(served: Any, a_message: Build) -> Supported:
    pool = Pool(served)
    case = await served.opened(a_message(), "police")
    person = (await pool.add(subject=WHO))["id"]
    assert (await pool.assign(case, person, startedOn=today(-40))).status_code == 201
    return Supported(pool, case, person)


async def record(one: Supported, who: str = WHO, **changes: Any) -> Any:
    body = {"happenedOn": today(-2), **CONTACT, **changes}
    return await one.ask(f"/cases/{one.case}/support-contacts", "POST", who, json=body)


async def report(one: Supported, who: str = WHO, **changes: Any) -> Any:
    body = {"until": today(-1), "summary": "Kohtusime.", "worries": "Mees käis maja ees.", **changes}
    return await one.ask(f"/cases/{one.case}/support-reports", "POST", who, json=body)


async def duties(one: Supported, who: str = WHO) -> list[str]:
    listed = (await one.ask("/duties", who=who)).json()["items"]
    return [each["clock"] for each in listed if each["clock"].startswith("support")]


def _codes(answer: Any) -> set[str]:
    return {error["code"] for error in answer.json()["errors"]}


async def test_a_contact_is_put_right_by_a_next_version_and_the_first_stays(supported: Supported) -> None:
    made = await record(supported)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    path, seen = f"/support-contacts/{made.json()['id']}", {"If-Match": '"1"'}
    longer = {"happenedOn": today(-2), **CONTACT, "minutes": 90}
    put = await supported.ask(path, "PUT", json=longer, headers=seen)
    assert (put.json()["minutes"], put.json()["version"]) == (90, 2)
    assert (await supported.ask(path, "PUT", json=longer, headers=seen)).status_code == 412
    gone = {"reason": "twice"}
    done = await supported.ask(f"{path}/retraction", "POST", json=gone, headers={"If-Match": '"2"'})
    assert (done.json()["retracted"], done.json()["note"]) == ("twice", None)
    late = await supported.ask(path, "PUT", json=longer, headers={"If-Match": '"3"'})
    assert late.status_code == 409
    told = (await supported.ask(f"{path}/versions")).json()["items"]
    assert [(one["version"], one["minutes"]) for one in told] == [(3, 90), (2, 90), (1, 40)]
    rows = await supported.pool.served.world.rows(
        "select sealed from support_contact where sealed is not null"
    )
    assert all(b"Kardab" not in row["sealed"] for row in rows)
    events = await supported.pool.served.world.rows(
        "select data::text as data from event where type = 'support.contact' order by stream_version"
    )
    assert len(events) == 3
    assert not any("Kardab" in row["data"] or WHO in row["data"] for row in events)
    rights = await supported.pool.served.world.rows(
        """select privilege_type from information_schema.role_table_grants
           where grantee = 'cases_app' and table_name = 'support_contact'"""
    )
    assert {row["privilege_type"] for row in rights} <= {"SELECT", "INSERT"}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"channel": "pigeon", "kind": "pigeon", "outcome": "pigeon"}, {"unknown"}),
        ({"happenedOn": "2099-01-01"}, {"future"}),
        ({"happenedOn": today(-90)}, {"outside-assignment"}),
    ],
)
async def test_what_cannot_have_been_is_refused(
    supported: Supported, changes: dict[str, Any], codes: set[str]
) -> None:
    answer = await record(supported, **changes)
    assert (answer.status_code, _codes(answer)) == (422, codes)


async def test_the_log_is_handed_over_and_no_agency_reads_it(supported: Supported) -> None:
    first = (await record(supported)).json()["id"]
    successor = "dev:support-person:rakvere:"
    new = (await supported.pool.add(name="Teine", subject=successor))["id"]
    await supported.end(reason="handed-over", handOverTo=new)
    assert (await record(supported)).status_code == 404
    listed = await supported.ask(f"/cases/{supported.case}/support-contacts", who=successor)
    assert [one["id"] for one in listed.json()["items"]] == [first]
    earlier = await record(supported, successor, happenedOn=today(-5))
    assert (earlier.status_code, _codes(earlier)) == (422, {"outside-assignment"})
    body, seen = {"reason": "twice"}, {"If-Match": '"1"'}
    path = f"/support-contacts/{first}/retraction"
    assert (await supported.ask(path, "POST", successor, json=body, headers=seen)).status_code == 404
    assert (await supported.ask(path, "POST", COORDINATOR, json=body, headers=seen)).status_code == 200
    for other in ("dev:agency-member:polva:police", "dev:chair:polva:"):
        answer = await supported.ask(f"/cases/{supported.case}/support-contacts", who=other)
        assert answer.status_code == 403


async def test_a_report_goes_its_way_and_waits_for_who_must_act(supported: Supported) -> None:
    assert await duties(supported) == ["support-report"]
    await record(supported)
    await record(supported, minutes=0, outcome="not-reached")
    await record(supported, happenedOn=today())  # after the period
    made = await report(supported)
    shown = made.json()
    assert (made.status_code, shown["contacts"], shown["minutes"]) == (201, 2, 40)
    assert (shown["since"], shown["until"]) == (today(-40), today(-1))
    assert await duties(supported, COORDINATOR) == ["support-report-review"]
    again = await report(supported, until=today())
    assert (again.status_code, _codes(again)) == (409, {"report-waits"})
    path = f"/support-reports/{shown['id']}"
    own = await supported.ask(f"{path}/acceptance", "POST", headers={"If-Match": '"1"'})
    assert own.status_code == 403
    body = {"reason": "unclear"}
    back = await supported.ask(f"{path}/return", "POST", COORDINATOR, json=body, headers={"If-Match": '"1"'})
    assert (back.json()["state"], back.json()["reason"]) == ("returned", "unclear")
    assert set(await duties(supported)) == {"support-report", "support-report-returned"}
    await record(supported, happenedOn=today(-9), minutes=20)
    better = {"until": today(-1), "summary": "Kohtusime kaks korda."}
    put = await supported.ask(path, "PUT", json=better, headers={"If-Match": '"2"'})
    assert (put.json()["contacts"], put.json()["minutes"], put.json()["worries"]) == (3, 60, None)
    other = await supported.ask(path, "PUT", json=better | {"until": today()}, headers={"If-Match": '"3"'})
    assert other.status_code == 409
    done = await supported.ask(f"{path}/acceptance", "POST", COORDINATOR, headers={"If-Match": '"3"'})
    assert (done.json()["state"], done.json()["decidedBy"]) == ("accepted", COORDINATOR)
    assert await duties(supported, COORDINATOR) == []
    following = await report(supported, until=today())
    assert (following.json()["since"], following.json()["contacts"]) == (today(), 1)
    await supported.end()
    kept = await supported.pool.served.world.rows(
        "select distinct state from duty where clock = 'support-report'"
    )
    assert "open" not in {row["state"] for row in kept}


async def test_the_number_of_statements_does_not_grow(supported: Supported) -> None:
    counts = []
    for _ in range(2):
        await record(supported)
        with heard(supported.pool.served.app.state.database) as statements:
            await supported.ask(f"/cases/{supported.case}/support-contacts")
            await supported.ask(f"/cases/{supported.case}/support-reports")
        counts.append(len(statements))
    assert counts[0] == counts[1]
