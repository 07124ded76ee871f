import json
from collections.abc import Callable
from typing import Any

import pytest

Build = Callable[..., Any]
READER = ("service:indicators", "indicators", "statistics")


async def test_the_feed_is_a_batch_of_cloud_events(served: Any, a_message: Build) -> None:
    reference = (await served.put(a_message())).json()["reference"]
    await served.world.sequence()
    answer = await served.get("/events", *READER)
    assert answer.headers["content-type"] == "application/cloudevents-batch+json"
    first, second, third = json.loads(answer.content)
    assert (first["type"], second["type"]) == ("referral.received", "referral.scored")
    assert first["subject"] == second["subject"]
    assert third["type"] == "referral.child-notice"
    assert [set(notice) for notice in third["data"]["notices"]] == [{"number", "version"}]
    assert (first["streamversion"], second["streamversion"]) == (1, 2)
    assert first["specversion"] == "1.0"
    assert first["source"] == "/api/cases/v1"
    assert second["data"] == {
        "referralId": second["data"]["referralId"],
        "reference": reference,
        "sender": "ee-dev/GOV/70008747/polis",
        "region": "polva",
        "referredOn": "2017-03-02",
        "status": "AWAITING_SCREENING",
        "instrument": "dash",
        "version": "2026-11",
        "score": 15,
        "band": "high",
    }


async def test_the_sequence_is_the_next_cursor(served: Any, a_message: Build) -> None:
    for _ in range(3):
        await served.put(a_message())
    await served.world.sequence()
    seen: list[str] = []
    path = "/events?limit=2"
    while batch := json.loads((await served.get(path, *READER)).content):
        assert len(batch) <= 2
        seen += [event["id"] for event in batch]
        path = f"/events?limit=2&after={batch[-1]['sequence']}"
    assert len(seen) == len(set(seen)) == 9


async def test_another_epoch_is_gone(served: Any) -> None:
    answer = await served.get("/events?after=000000000000.4", *READER)
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:turvavork:problem:epoch-ended")


@pytest.mark.parametrize("query", ["after=4", "after=x.1", "limit=0", "limit=501", "wait=21", "wait=-1"])
async def test_a_wrong_question_is_malformed(served: Any, query: str) -> None:
    answer = await served.get(f"/events?{query}", *READER)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"query:{query.split('=', maxsplit=1)[0]}"


async def test_a_batch_leaves_a_row(served: Any, a_message: Build) -> None:
    await served.put(a_message())
    await served.world.sequence()
    await served.get("/events", *READER)
    (row,) = await served.world.rows(
        "select action, fields, cardinality(objects) from audit where operation = 'list_events'"
    )
    assert tuple(row) == ("disclose", ["basic", "risk"], 1)


async def test_an_x_road_client_does_not_read_the_feed(served: Any) -> None:
    answer = await served.get("/events", "ee-dev/GOV/70008747/polis", "exchange", "delivery")
    assert answer.status_code == 403


async def test_the_feed_never_says_who_it_is(served: Any, a_message: Build) -> None:
    message = a_message()
    await served.put(message)
    await served.world.sequence()
    text = (await served.get("/events", *READER)).text
    for person in message["persons"]:
        for name in (
            "personalCode",
            "givenName",
            "familyName",
            "address",
            "phone",
            "safeContact",
            "birthDate",
        ):
            assert person[name] not in text
    for secret in (message["event"]["description"], message["victimWishes"], *message["referrer"].values()):
        assert secret not in text


async def test_a_step_of_a_case_is_told_as_well(served: Any, network: Any) -> None:
    item = await network.put(await network.meeting(), await network.case("police"))
    await served.world.sequence()
    answer = await served.get("/events?limit=500", *READER)
    assert answer.status_code == 200, answer.text
    [step] = [each for each in json.loads(answer.content) if each["type"] == "case.step"]
    assert step["subject"] == step["data"]["caseId"] == item["caseId"]
    assert (step["data"]["machine"], step["data"]["action"]) == ("agenda-item", "put-on")
