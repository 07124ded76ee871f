"""The Data Tracker's questions, case by case: what is withheld answers as what is not there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from services.kit import keys
from services.kit.db import Database
from services.kit.policy import Caller
from services.kit.problem import UpstreamUnavailable
from services.kit.sealed import BlindIndex
from tests.cases.statements import heard

TRACKER = "ee-dev/GOV/70006317/datatracker"
PPA, STAR = "70008747", "70009770"
HER, OTHER, UNKNOWN = "EE48805042711", "EE38501170364", "EE60001017869"
AT = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
_KEEP = """
    insert into data_usage (id, subject, occurred_at, action, receiver_code, receiver_system, receiver_name,
        case_handle, state, recorded_at)
    values ($1, $2, $3, 'Teade lapse elukohajärgsele lastekaitsele', $4, 'star', $5, $6, $7, $3)
"""
Ask = Callable[..., Any]


@pytest.fixture
def ask(exchange: Any) -> Ask:
    """A question of the Data Tracker; headers with the value None are left out."""

    async def run(
        path: str = "findUsage", client: str = TRACKER, *, by: str | None = HER, **query: Any
    ) -> Any:
        headers = {
            "x-road-client": client,
            "x-road-id": "tracker-1",
            "x-turvavork-gateway": "a-gateway-secret-of-tests",
            **({} if by is None else {"x-road-userid": by}),
        }
        where = f"/xroad/rest/findUsage/v2/{path}"
        return await exchange.http.get(where, params=query, headers=headers)

    return run


@pytest.fixture
def keep(exchange: Any, keys_folder: Any) -> Ask:
    """Rows as the store has them."""
    index = BlindIndex(keys.load_secret(keys_folder, keys.DISCLOSURES))

    async def run(
        code: str = HER, state: str = "released", *, minutes: int = 0, to: str = STAR, named: bool = True
    ) -> None:
        connection = await asyncpg.connect(exchange.admin_url)
        try:
            when, handle = AT + timedelta(minutes=minutes), uuid4().hex
            subject = index.of("personal-code", code.removeprefix("EE"))
            name = "STAR" if named else None
            await connection.execute(_KEEP, uuid4(), subject, when, to, name, handle, state)
        finally:
            await connection.close()

    return run


def _same(one: httpx.Response, other: httpx.Response) -> None:
    """But for the request's id they are the same, to the byte."""
    assert one.status_code == other.status_code
    assert one.content == other.content
    assert _headers(one) == _headers(other)


def _headers(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(name, value) for name, value in answer.headers.multi_items() if name != "x-request-id"]


async def test_d01_what_is_released_is_told_newest_first(ask: Ask, keep: Ask) -> None:
    for minutes in (1, 3, 2):
        await keep(minutes=minutes)
    await keep(OTHER)
    answer = await ask(userCode=HER)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert set(told) == {"totalUsages", "usages"}
    assert told["totalUsages"] == 3
    assert [one["logtime"] for one in told["usages"]] == [
        "2026-12-01T10:03:00Z",
        "2026-12-01T10:02:00Z",
        "2026-12-01T10:01:00Z",
    ]
    assert told["usages"][0] == {
        "logtime": "2026-12-01T10:03:00Z",
        "action": "Teade lapse elukohajärgsele lastekaitsele",
        "receiverCode": STAR,
        "receiverSystem": "star",
        "receiverName": "STAR",
    }


async def test_a_receiver_without_a_name_is_told_by_its_code(ask: Ask, keep: Ask) -> None:
    await keep(named=False)
    (told,) = (await ask(userCode=HER)).json()["usages"]
    assert "receiverName" not in told


@pytest.mark.parametrize(
    ("query", "by", "place"),
    [
        ({"userCode": HER}, None, "header:X-Road-UserId"),
        ({"userCode": HER}, "", "header:X-Road-UserId"),
        ({"userCode": HER}, "48805042711", "header:X-Road-UserId"),
        ({}, HER, "query:userCode"),
        ({"userCode": ""}, HER, "query:userCode"),
        ({"userCode": "48805042711"}, HER, "query:userCode"),
        ({"userCode": "EE4880504271"}, HER, "query:userCode"),
        ({"userCode": [HER, HER]}, HER, "query:userCode"),
        ({"userCode": HER, "periodStart": "2026-12-01"}, HER, "query:periodStart"),
        ({"userCode": HER, "periodEnd": "2026-02-30T00:00:00Z"}, HER, "query:periodEnd"),
        ({"userCode": HER, "offset": "-1"}, HER, "query:offset"),
        ({"userCode": HER, "offset": "1.0"}, HER, "query:offset"),
        ({"userCode": HER, "limit": "-1"}, HER, "query:limit"),
        ({"userCode": HER, "limit": "10001"}, HER, "query:limit"),
        ({"userCode": HER, "limit": ""}, HER, "query:limit"),
    ],
)
async def test_d02_a_wrong_question_is_a_bad_request_that_names_the_place(
    ask: Ask, exchange: Any, query: dict[str, Any], by: str | None, place: str
) -> None:
    answer = await ask(by=by, **query)
    assert (answer.status_code, answer.json()["status"]) == (400, 400)
    assert HER not in answer.text
    if "errors" in answer.json():
        assert place in {error["pointer"] for error in answer.json()["errors"]}
    else:
        assert answer.json()["detail"] == "userId is missing"
    (row,) = await exchange.rows("select operation, decision, purpose from audit")
    assert row == {"operation": "find_usage", "decision": "deny", "purpose": "accountability"}


async def test_d03_pages_are_cut_as_sql_does_and_the_total_stays(ask: Ask, keep: Ask) -> None:
    for minutes in range(5):
        await keep(minutes=minutes)
    told = (await ask(userCode=HER, offset=1, limit=2)).json()
    assert told["totalUsages"] == 5
    assert [one["logtime"][14:16] for one in told["usages"]] == ["03", "02"]
    for offset, limit, number in ((4, 10, 1), (5, 10, 0), (999999999, 1, 0), (0, 0, 0)):
        page = (await ask(userCode=HER, offset=offset, limit=limit)).json()
        assert (page["totalUsages"], len(page["usages"])) == (5, number)


async def test_d03_a_thousand_are_told_when_nothing_is_said(
    ask: Ask, keep: Ask, exchange: Any, keys_folder: Any
) -> None:
    await keep()
    await exchange.rows(
        """insert into data_usage select gen_random_uuid(), subject, occurred_at, action, receiver_code,
           receiver_system, receiver_name, case_handle, state, recorded_at
           from data_usage, generate_series(1, 1004)"""
    )
    told = (await ask(userCode=HER)).json()
    assert (told["totalUsages"], len(told["usages"])) == (1005, 1000)


async def test_d04_the_period_is_inclusive_and_knows_zones(ask: Ask, keep: Ask) -> None:
    for minutes in (0, 1, 2):
        await keep(minutes=minutes)
    for start, end, number in (
        ("2026-12-01T10:00:00Z", "2026-12-01T10:02:00Z", 3),
        ("2026-12-01T12:01:00+02:00", "2026-12-01T12:01:00+02:00", 1),
        ("2026-12-01T10:02:01Z", None, 0),
        (None, "2026-12-01T10:00:59Z", 1),
        ("2026-12-01T10:02:00Z", "2026-12-01T10:00:00Z", 0),
    ):
        period = {"periodStart": start, "periodEnd": end}
        given = {name: value for name, value in period.items() if value is not None}
        assert (await ask(userCode=HER, **given)).json()["totalUsages"] == number
    naive = await ask(userCode=HER, periodStart="2026-12-01T10:00:00")
    assert naive.status_code == 400


@pytest.mark.parametrize("receiver", [PPA, "70000591", "70000349", "70008641", "70000898", "70005938"])
async def test_d05_what_hidden_bodies_received_is_never_told(ask: Ask, keep: Ask, receiver: str) -> None:
    await keep(to=receiver, minutes=1)
    await keep(minutes=2)
    told = (await ask(userCode=HER)).json()
    assert (told["totalUsages"], [one["receiverCode"] for one in told["usages"]]) == (1, [STAR])


async def test_d06_another_may_ask_and_both_codes_are_recorded_as_handles(
    ask: Ask, keep: Ask, exchange: Any
) -> None:
    await keep()
    assert (await ask(userCode=HER, by=OTHER)).json()["totalUsages"] == 1
    await ask(userCode=OTHER, by=HER)
    rows = await exchange.rows(
        "select objects, action, purpose, client, cast(audit as text) as whole from audit"
    )
    assert {(row["action"], row["purpose"], row["client"]) for row in rows} == {
        ("disclose", "accountability", TRACKER)
    }
    first, second = (row["objects"] for row in rows)
    assert len(set(first)) == 2
    assert set(first) == set(second)
    logs = await exchange.rows("select cast(message_log as text) as whole, canonical from message_log")
    told = "".join(row["whole"] for row in (*rows, *logs)) + "".join(str(row["canonical"]) for row in logs)
    assert HER[2:] not in told
    assert OTHER[2:] not in told


async def test_d07_period_and_heartbeat_have_their_shapes(ask: Ask, exchange: Any) -> None:
    assert (await ask("usagePeriod", by=None)).json() == {"periodStart": "2026-11-28T22:00:00Z"}
    assert (await ask("heartbeat", by=None)).json() == {"status": "OK"}
    rows = await exchange.rows("select operation, action from audit order by recorded_at, operation desc")
    assert [tuple(row.values()) for row in rows] == [
        ("get_usage_period", "disclose"),
        ("check_tracker", "read"),
    ]
    assert len(await exchange.rows("select 1 from message_log where what = 'answered'")) == 2


async def test_d07_the_heartbeat_fails_when_the_store_cannot_be_reached(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise UpstreamUnavailable

    monkeypatch.setattr(Database, "_begin", away)
    answer = await ask("heartbeat", by=None)
    assert answer.status_code == 200
    assert answer.json()["status"] == "FAIL"
    assert set(answer.json()) == {"status", "message"}
    assert (await ask(userCode=HER)).status_code == 503


async def test_what_is_withheld_answers_as_nothing(ask: Ask, keep: Ask, exchange: Any) -> None:
    for state in ("withheld", "withheld", "never"):
        await keep(state=state)
    await keep(OTHER, "released", to=PPA)
    nothing = await ask(userCode=UNKNOWN)
    assert nothing.content == b'{"totalUsages":0,"usages":[]}'
    _same(await ask(userCode=HER), nothing)
    _same(await ask(userCode=HER, by=OTHER), nothing)
    _same(await ask(userCode=OTHER), nothing)
    _same(await ask(userCode="LV010190-12345"), nothing)
    _same(await ask(userCode=HER, offset=1, limit=1), await ask(userCode=UNKNOWN, offset=1, limit=1))
    period = {"periodStart": "2026-01-01T00:00:00Z", "periodEnd": "2027-01-01T00:00:00Z"}
    _same(await ask(userCode=HER, **period), await ask(userCode=UNKNOWN, **period))


async def test_the_same_statements_run_whatever_there_is(ask: Ask, keep: Ask, exchange: Any) -> None:
    await keep(state="withheld")
    await keep(OTHER)
    told = {}
    for name, code in (("withheld", HER), ("none", UNKNOWN), ("shown", OTHER)):
        with heard(exchange.app.state.database) as statements:
            await ask(userCode=code)
        told[name] = [statement for statement, _ in statements]
    assert told["withheld"] == told["none"] == told["shown"]
    assert len([one for one in told["none"] if "data_usage" in one]) == 2


async def test_what_is_withheld_is_not_even_looked_at(exchange: Any, keep: Ask) -> None:
    """The index that answers holds what is released alone, so that the rest costs no time."""
    await keep(state="withheld")
    (row,) = await exchange.rows("select indexdef from pg_indexes where indexname = 'data_usage_shown'")
    assert row["indexdef"].endswith("WHERE (state = 'released'::text)")


async def test_the_database_shows_no_row_that_is_not_released(exchange: Any, keep: Ask) -> None:
    for state in ("withheld", "released", "never"):
        await keep(state=state)
    policy, database = exchange.app.state.policy, exchange.app.state.database

    permit = policy.permit(Caller.system(TRACKER, "exchange"), "find_usage", "accountability")
    async with database.work(permit, "r") as work:
        rows = await work.fetch("select state from data_usage")
    assert [row["state"] for row in rows] == ["released"]


@pytest.mark.parametrize("path", ["findUsage", "usagePeriod", "heartbeat"])
@pytest.mark.parametrize(
    "client",
    [
        "ee-dev/GOV/70008747/polis",
        "ee-dev/GOV/70006317",
        "ee-dev/GOV/70006317/other",
        "EE/GOV/70006317/datatracker",
    ],
)
async def test_nobody_else_may_ask(ask: Ask, exchange: Any, path: str, client: str) -> None:
    answer = await ask(path, client, userCode=HER)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:turvavork:problem:access-denied")
    (row,) = await exchange.rows("select decision, problem from audit")
    assert row == {"decision": "deny", "problem": "access-denied"}


async def test_the_data_tracker_may_ask_nothing_else(exchange: Any) -> None:
    answer = await exchange.rest("GET", "/referrals?messageId=x", client=TRACKER)
    assert answer.status_code == 403


async def test_only_get_is_known(exchange: Any, ask: Ask) -> None:
    headers = {"x-turvavork-gateway": "a-gateway-secret-of-tests"}
    answer = await exchange.http.post("/xroad/rest/findUsage/v2/findUsage", headers=headers)
    assert answer.status_code == 405
    assert (await ask("other")).status_code == 404


async def test_without_the_gateways_secret_there_is_nothing(exchange: Any) -> None:
    answer = await exchange.http.get("/xroad/rest/findUsage/v2/heartbeat")
    assert answer.status_code == 404
