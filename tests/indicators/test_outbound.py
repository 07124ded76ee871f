import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.indicators.model import Accepted, Ended, Other
from services.indicators.outbound import EpochEndedError, Feed, read_batch
from services.kit import keys
from services.kit.client import ServiceClient
from services.kit.policy import Caller
from services.kit.problem import UpstreamUnavailable, UpstreamWrong
from services.kit.tokens import ServiceSigner

Events = list[dict[str, Any]]
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def event(sample_events: Events) -> dict[str, Any]:
    """An acceptance."""
    return deepcopy(sample_events[2])


def test_an_acceptance_is_a_fact_without_identities(event: dict[str, Any]) -> None:
    [news] = read_batch([event], None).news
    assert isinstance(news, Accepted)
    fact = news.fact
    assert (str(fact.stream), fact.version, fact.region) == (event["subject"], 3, "polva")
    assert str(fact.referred_on) == "2016-12-01"
    assert [(one.role, one.relation) for one in fact.persons] == [
        ("victim", None),
        ("threatening-person", "partner"),
        ("child", "child"),
        ("child", "child"),
    ]


@pytest.mark.parametrize("kind", ["referral.declined", "referral.redirected"])
def test_what_ends_a_referral_ends_the_case(event: dict[str, Any], kind: str) -> None:
    [news] = read_batch([event | {"type": kind, "data": {"reason": "other"}}], None).news
    assert isinstance(news, Ended)


def test_a_correction_of_a_case_is_the_fact_from_then_on(event: dict[str, Any]) -> None:
    persons = event["data"]["persons"][:1]
    data = event["data"] | {"referredOn": "2017-02-01", "version": 2, "persons": persons}
    [news] = read_batch([event | {"type": "referral.corrected", "data": data}], None).news
    assert isinstance(news, Accepted)
    assert (str(news.fact.referred_on), len(news.fact.persons)) == ("2017-02-01", 1)


@pytest.mark.parametrize("status", ["RECEIVED", "AWAITING_SCREENING", "REDIRECTED", "WITHDRAWN"])
@pytest.mark.parametrize("kind", ["referral.corrected", "referral.withdrawn"])
def test_what_is_no_case_has_no_fact(event: dict[str, Any], kind: str, status: str) -> None:
    data = event["data"] | {"status": status, "caseId": None, "band": None, "persons": None}
    [news] = read_batch([event | {"type": kind, "data": data}], None).news
    assert isinstance(news, Ended)


def test_a_withdrawal_after_the_decision_changes_nothing(event: dict[str, Any]) -> None:
    data = event["data"] | {"reason": "other", "persons": None}
    [news] = read_batch([event | {"type": "referral.withdrawn", "data": data}], None).news
    assert isinstance(news, Other)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("referral.corrected", {"status": "ACCEPTED", "persons": None}),
        ("referral.corrected", {"status": 3}),
        ("referral.withdrawn", {"status": None}),
    ],
)
def test_a_correction_that_does_not_say_how_it_stands_stops_the_reading(
    event: dict[str, Any], kind: str, data: dict[str, Any]
) -> None:
    with pytest.raises(UpstreamWrong):
        read_batch([event | {"type": kind, "data": event["data"] | data}], None)


@pytest.mark.parametrize("kind", ["referral.received", "referral.scored", "weather.changed"])
def test_other_events_move_the_cursor_alone(event: dict[str, Any], kind: str) -> None:
    batch = read_batch([event | {"type": kind, "data": {}}], None)
    assert isinstance(batch.news[0], Other)
    assert batch.cursor == event["sequence"]


def test_what_was_read_before_is_left_out(sample_events: Events) -> None:
    batch = read_batch(sample_events[:10], "0123456789ab.6")
    assert len(batch.news) == 3
    assert batch.cursor == "0123456789ab.9"
    again = read_batch(sample_events[:10], batch.cursor)
    assert (again.news, again.cursor) == ((), batch.cursor)


def test_a_producer_may_add_fields(event: dict[str, Any]) -> None:
    event["data"]["persons"][0]["shoeSize"] = 38
    event["data"]["mood"] = "calm"
    event["traceparent"] = "00-…"
    assert len(read_batch([event], None).news) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"region": "polva"}},
        {"data": {"region": "polva", "referredOn": "2017-03-02"}},
        {"data": {"region": "polva", "referredOn": "yesterday", "persons": []}},
        {"subject": "case 7"},
        {"streamversion": 0},
        {"streamversion": "3"},
        {"sequence": "7"},
        {"time": "2017-03-02"},
    ],
)
def test_an_event_that_is_not_as_agreed_stops_the_reading(
    event: dict[str, Any], change: dict[str, Any]
) -> None:
    with pytest.raises(UpstreamWrong):
        read_batch([event | change], None)


def test_events_out_of_order_stop_the_reading(sample_events: Events) -> None:
    with pytest.raises(UpstreamWrong):
        read_batch([sample_events[1], sample_events[0]], None)
    with pytest.raises(UpstreamWrong):
        read_batch([sample_events[0], sample_events[0]], None)


def test_events_of_another_epoch_mean_beginning_anew(event: dict[str, Any]) -> None:
    with pytest.raises(EpochEndedError):
        read_batch([event], "ffffffffffff.1")


@pytest.fixture
def feed_over(key_folder: Path) -> Callable[[Answer], Feed]:
    def make(answer: Answer) -> Feed:
        client = ServiceClient(
            base_url="http://cases",
            audience="cases",
            signer=ServiceSigner("indicators", keys.load_signing(key_folder, "indicators")),
            transport=httpx.MockTransport(answer),
        )
        return Feed(client, Caller.system("worker:feed", "indicators"))

    return make


async def test_the_question_says_where_to_go_on_and_how_long_to_wait(
    feed_over: Callable[[Answer], Feed], sample_events: Events
) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        media = {"content-type": "application/cloudevents-batch+json"}
        return httpx.Response(200, headers=media, content=json.dumps(sample_events[7:9]))

    batch = await feed_over(answer).after("0123456789ab.6", 20)
    assert (len(batch.news), batch.cursor, batch.whole) == (2, "0123456789ab.8", True)
    [request] = asked
    assert request.url.path == "/api/cases/v1/events"
    assert dict(request.url.params) == {"after": "0123456789ab.6", "limit": "500", "wait": "20"}
    assert request.headers["X-Purpose"] == "statistics"


@pytest.mark.parametrize(
    ("status", "error"),
    [(410, EpochEndedError), (403, UpstreamUnavailable), (503, UpstreamUnavailable), (500, UpstreamWrong)],
)
async def test_an_answer_that_is_none_is_told_apart(
    feed_over: Callable[[Answer], Feed], status: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await feed_over(lambda _: httpx.Response(status, json={})).after(None, 0)
