import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

Headers = Callable[..., dict[str, str]]
ASKED = {"instrument": "dash", "onDate": "2017-03-02", "answers": {"injury": "yes", "weapons": "no"}}


async def test_cases_may_score_for_a_client_a_worker_and_a_person(
    api: httpx.AsyncClient, as_service: Headers
) -> None:
    for subject in ("ee-dev/GOV/70008747/polis", "worker:intake", "maret", "service:cases"):
        answer = await api.post("/scores", json=ASKED, headers=as_service("cases", subject))
        assert answer.status_code == 200
        assert answer.json()["score"] == 1


@pytest.mark.parametrize(
    ("service", "subject", "status"),
    [
        ("exchange", "worker:intake", 403),
        ("indicators", "service:indicators", 403),
        ("exchange", "maret", 403),
    ],
)
async def test_no_other_service_may_score(
    api: httpx.AsyncClient, as_service: Headers, service: str, subject: str, status: int
) -> None:
    answer = await api.post("/scores", json=ASKED, headers=as_service(service, subject))
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("subject", "status"), [("maret", 200), ("olga", 403), ("nobody", 403), ("who", 403)]
)
async def test_people_score_by_their_office(
    api: httpx.AsyncClient, as_person: Headers, subject: str, status: int
) -> None:
    answer = await api.post("/scores", json=ASKED, headers=as_person(subject))
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/scores", "/instruments", "/instruments/dash"])
async def test_nobody_gets_in_without_a_token_or_a_purpose(
    api: httpx.AsyncClient, as_person: Headers, path: str
) -> None:
    method = "POST" if path == "/scores" else "GET"
    body = ASKED if path == "/scores" else None
    without = await api.request(method, path, json=body)
    assert without.status_code == 401
    headers = as_person("maret")
    del headers["X-Purpose"]
    assert (await api.request(method, path, json=body, headers=headers)).status_code == 422


@pytest.mark.parametrize(
    ("change", "slug", "pointer"),
    [
        ({"answers": {"mari-maasikas": "yes"}}, "item-unknown", "/answers"),
        ({"answers": {"injury": "Mari Maasikas"}}, "malformed", "/answers"),
        ({"instrument": "odara"}, "instrument-unknown", "/instrument"),
        ({"version": "1999-01-01"}, "instrument-unknown", "/instrument"),
        ({"onDate": "2010-01-01"}, "instrument-unknown", "/instrument"),
        ({"name": "Mari Maasikas"}, "malformed", ""),
    ],
)
async def test_what_is_not_listed_is_refused_and_not_repeated(
    api: httpx.AsyncClient, as_person: Headers, change: dict[str, Any], slug: str, pointer: str
) -> None:
    answer = await api.post("/scores", json=ASKED | change, headers=as_person("maret"))
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"] == f"urn:turvavork:problem:{slug}"
    assert problem["errors"][0]["pointer"].startswith(pointer)
    assert "maasikas" not in answer.text.lower()


async def test_instruments_are_listed_and_read(api: httpx.AsyncClient, as_person: Headers) -> None:
    headers = as_person("olga", "statistics")
    listed = (await api.get("/instruments", headers=headers)).json()["items"]
    assert [(item["id"], item["version"]) for item in listed] == [("dash", "2026-11-21")]
    read = (await api.get("/instruments/dash", params={"onDate": "2018-01-01"}, headers=headers)).json()
    assert len(read["items"]) == 24
    assert read["contentHash"] == listed[0]["contentHash"]


@pytest.mark.parametrize("path", ["/instruments/odara", "/instruments/dash?onDate=2010-01-01"])
async def test_an_instrument_that_is_not_there_is_refused(
    api: httpx.AsyncClient, as_person: Headers, path: str
) -> None:
    answer = await api.get(path, headers=as_person("olga", "statistics"))
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:turvavork:problem:instrument-not-found"


async def test_a_score_takes_little_time(api: httpx.AsyncClient, as_service: Headers) -> None:
    headers = as_service("cases", "worker:intake")
    for _ in range(20):
        await api.post("/scores", json=ASKED, headers=headers)
    began = time.process_time()
    for _ in range(100):
        await api.post("/scores", json=ASKED, headers=headers)
    # The test's own client and a cold machine are in it: the measure is of the order, not of the figure.
    assert (time.process_time() - began) / 100 < 0.02


async def test_several_are_scored_as_each_by_itself(api: httpx.AsyncClient, as_service: Headers) -> None:
    headers = as_service("cases", "worker:intake")
    other = ASKED | {"answers": {"injury": "yes", "weapons": "yes"}, "repeat": True}
    both = await api.post("/scores/batch", json={"items": [ASKED, other]}, headers=headers)
    assert both.status_code == 200
    each = [(await api.post("/scores", json=one, headers=headers)).json() for one in (ASKED, other)]
    assert both.json() == {"items": each}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"answers": {"mari-maasikas": "yes"}}, "/items/1/answers"),
        ({"instrument": "odara"}, "/items/1/instrument"),
        ({"repeat": "perhaps"}, "/items/1/repeat"),
    ],
)
async def test_one_of_several_that_cannot_be_scored_is_named(
    api: httpx.AsyncClient, as_service: Headers, change: dict[str, Any], pointer: str
) -> None:
    body = {"items": [ASKED, ASKED | change]}
    answer = await api.post("/scores/batch", json=body, headers=as_service("cases", "worker:intake"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("number", [0, 65])
async def test_none_and_too_many_are_refused(
    api: httpx.AsyncClient, as_service: Headers, number: int
) -> None:
    body = {"items": [ASKED] * number}
    answer = await api.post("/scores/batch", json=body, headers=as_service("cases", "worker:intake"))
    assert answer.status_code == 422
