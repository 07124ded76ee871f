import csv
import io
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

Headers = Callable[..., dict[str, str]]
PEOPLE, CASES = "/indicators/people-served/values", "/indicators/cases/values"
EVERYBODY = ("olga", "maret", "rein", "anu")


async def test_definitions_are_listed(api: httpx.AsyncClient, as_person: Headers) -> None:
    answer = await api.get("/indicators", headers=as_person("anu"))
    assert answer.status_code == 200
    assert {(one["id"], one["version"]) for one in answer.json()["items"]} == {
        ("people-served", "2026-11-21"),
        ("cases", "2026-11-21"),
        ("transfers-in", "2026-11-29"),
        ("transfers-out", "2026-11-29"),
    }


async def test_an_official_answer_says_what_it_depends_on(api: httpx.AsyncClient, as_person: Headers) -> None:
    params = {"channel": "official", "to": "2017-12-31", "by": "region"}
    answer = await api.get(CASES, params=params, headers=as_person("olga"))
    assert answer.status_code == 200
    told = answer.json()
    assert (told["indicator"], told["version"], told["channel"]) == ("cases", "2026-11-21", "official")
    assert told["marking"] == "not-for-publication"
    assert told["asOf"]["cursor"] == "0123456789ab.86"
    assert told["period"] == {
        "from": None,
        "to": "2017-12-31",
        "label": {
            "et": "programmi algusest kuni 2017-12-31",
            "ru": "с начала программы по 2017-12-31",
            "en": "programme to date at 2017-12-31",
        },
    }
    assert [(row["region"], row["value"]) for row in told["rows"]] == [("polva", 10), ("rakvere", 3)]
    assert [(total["region"], total["value"]) for total in told["totals"]] == [(None, 13)]
    wrong = next(one for one in told["claims"] if one["id"] == "polva-cases-to-2017-12-31")
    assert (wrong["printed"], wrong["recorded"], wrong["difference"]) == (11, 10, 1)
    assert set(wrong["note"]) == {"et", "ru", "en"}


@pytest.mark.parametrize(
    ("params", "total"),
    [
        ({"to": "2017-12-31"}, 52),
        ({"from": "2018-01-01", "to": "2018-06-30"}, 53),
        ({"to": "2018-06-30"}, 105),
        ({}, 105),
    ],
)
async def test_the_printed_totals_come_out(
    api: httpx.AsyncClient, as_person: Headers, params: dict[str, str], total: int
) -> None:
    told = (await api.get(PEOPLE, params={"channel": "official", **params}, headers=as_person("olga"))).json()
    assert [row["value"] for row in told["rows"]] == [total]


@pytest.mark.parametrize(
    ("subject", "status"), [("olga", 200), ("maret", 200), ("anu", 403), ("nobody", 403), ("who", 403)]
)
async def test_official_figures_ask_for_a_right_of_their_own(
    api: httpx.AsyncClient, as_person: Headers, subject: str, status: int
) -> None:
    answer = await api.get(PEOPLE, params={"channel": "official"}, headers=as_person(subject))
    assert answer.status_code == status


async def test_a_coordinator_gets_the_own_region_whatever_is_asked(
    api: httpx.AsyncClient, as_person: Headers
) -> None:
    params = {"channel": "official", "by": "region,half-year", "region": "polva"}
    told = (await api.get(PEOPLE, params=params, headers=as_person("rein"))).json()
    assert {row["region"] for row in told["rows"]} == {"rakvere"}
    assert "polva" not in str(told)


@pytest.mark.parametrize("subject", EVERYBODY)
async def test_the_release_is_the_default_and_the_same_for_all(
    api: httpx.AsyncClient, as_person: Headers, subject: str
) -> None:
    params = {"by": "region,half-year"}
    told = (await api.get(CASES, params=params, headers=as_person(subject))).json()
    assert (told["channel"], told["marking"], told["releaseRule"]) == (
        "release",
        "for-publication",
        "2026-11-21",
    )
    assert told["claims"] == []
    lines = [*told["rows"], *told["totals"]]
    assert not [line for line in lines if line["value"] is not None and 0 < line["value"] < 5]
    assert len([line for line in lines if line["withheld"]]) == 17


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        ("/indicators/happiness/values", {}, (404, "indicator-unknown")),
        ("/indicators/Mari%20Maasikas/values", {}, (422, "malformed")),
        (PEOPLE, {"by": "region,colour"}, (422, "dimension-refused")),
        (PEOPLE, {"by": "region,region"}, (422, "dimension-refused")),
        (PEOPLE, {"by": "role"}, (422, "dimension-refused")),
        (CASES, {"channel": "official", "by": "sex"}, (422, "dimension-refused")),
        (PEOPLE, {"to": "2018-06-29"}, (422, "period-refused")),
        (PEOPLE, {"to": "2018-12-31"}, (422, "period-refused")),
        (PEOPLE, {"from": "2018-01-02"}, (422, "period-refused")),
        (PEOPLE, {"channel": "official", "from": "2018-01-02", "to": "2018-01-01"}, (422, "period-refused")),
        (PEOPLE, {"channel": "secret"}, (422, "malformed")),
        (PEOPLE, {"to": "yesterday"}, (422, "malformed")),
        (PEOPLE, {"format": "pdf"}, (422, "malformed")),
    ],
)
async def test_what_is_not_there_is_refused(
    api: httpx.AsyncClient, as_person: Headers, path: str, params: dict[str, str], expected: tuple[int, str]
) -> None:
    answer = await api.get(path, params=params, headers=as_person("olga"))
    assert (answer.status_code, answer.json()["type"].rsplit(":")[-1]) == expected
    assert "Maasikas" not in answer.text
    assert "colour" not in answer.text


@pytest.mark.parametrize("asked", ["param", "header"])
async def test_the_same_comes_as_csv(api: httpx.AsyncClient, as_person: Headers, asked: str) -> None:
    params = {"channel": "official", "to": "2017-12-31", "by": "region"}
    headers = as_person("olga") | {"Accept-Language": "en"}
    if asked == "param":
        params["format"] = "csv"
    else:
        headers["Accept"] = "text/csv"
    answer = await api.get(CASES, params=params, headers=headers)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "cases-official-2017-12-31.csv" in answer.headers["content-disposition"]
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(line["kind"], line["region"], line["value"]) for line in lines[:3]] == [
        ("row", "polva", "10"),
        ("row", "rakvere", "3"),
        ("total", "", "13"),
    ]
    wrong = next(line for line in lines if line["claim"] == "polva-cases-to-2017-12-31")
    assert (wrong["printed"], wrong["value"], wrong["difference"]) == ("11", "10", "1")
    assert wrong["note"].startswith("The report counts 11")


@pytest.mark.parametrize("path", ["/indicators", PEOPLE])
async def test_nobody_gets_in_without_token_or_purpose(
    api: httpx.AsyncClient, as_person: Headers, path: str
) -> None:
    assert (await api.get(path)).status_code == 401
    headers = as_person("olga")
    assert (await api.get(path, headers=headers | {"X-Purpose": "case-work"})).status_code == 422
    del headers["X-Purpose"]
    assert (await api.get(path, headers=headers)).status_code == 422


async def test_every_answer_and_every_refusal_leaves_a_row(
    api: httpx.AsyncClient, as_person: Headers, app: FastAPI
) -> None:
    found = []
    connection = await app.state.database.dedicated()
    for subject, channel in (("maret", "official"), ("anu", "release"), ("anu", "official")):
        request = str(uuid4())
        await api.get(
            PEOPLE, params={"channel": channel}, headers=as_person(subject) | {"X-Request-Id": request}
        )
        query = "select actor, action, decision, rule_id, problem from audit where request_id = $1"
        found += [tuple(row) for row in await connection.fetch(query, request)]
    await connection.close()
    assert found == [
        ("maret", "read", "allow", "official-region", None),
        ("anu", "read", "allow", "release-read", None),
        ("anu", "refuse", "deny", None, "forbidden"),
    ]


async def test_before_the_feed_was_read_there_are_no_figures(
    a_service: Callable[[str], FastAPI], service_database: Any, as_person: Headers, app: FastAPI
) -> None:
    fresh = a_service(service_database("indicators").url)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(fresh), base_url="http://x")
    async with fresh.router.lifespan_context(fresh), client:
        fresh.state.appointments = app.state.appointments
        answer = await client.get(f"/api/indicators/v1{PEOPLE}", headers=as_person("olga"))
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:turvavork:problem:figures-incomplete"
    assert answer.headers["Retry-After"] == "2"
