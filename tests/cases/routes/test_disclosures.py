import json
from collections.abc import Callable
from typing import Any

import pytest

Build = Callable[..., Any]
READER = ("worker:disclosures", "exchange", "accountability")


@pytest.fixture
async def disclosed(served: Any, a_message: Build) -> Any:
    """Three children were told of."""
    for _ in range(3):
        await served.put(a_message())
    await served.world.sequence()
    events = json.loads(
        (await served.get("/events", "service:indicators", "indicators", "statistics")).content
    )
    for event in events:
        for notice in event["data"].get("notices", ()):
            path = f"/notices/{event['id']}/children/{notice['number']}"
            answer = await served.get(path, "worker:delivery", "exchange", "delivery")
            assert answer.status_code == 200, answer.text
    await served.world.sequence()
    return served


async def test_a_disclosure_is_told_without_its_data(disclosed: Any, a_message: Build) -> None:
    first, *_ = (await disclosed.get("/disclosures", *READER)).json()
    assert set(first) == {
        *("id", "sequence", "subject", "receiverCode", "receiverSystem", "receiverName"),
        *("action", "occurredAt", "caseHandle"),
    }
    text = (await disclosed.get("/disclosures", *READER)).text
    for person in a_message()["persons"]:
        for name in ("personalCode", "givenName", "familyName", "address"):
            assert person[name] not in text


async def test_the_sequence_is_the_next_cursor(disclosed: Any) -> None:
    seen: list[str] = []
    path = "/disclosures?limit=2"
    while batch := (await disclosed.get(path, *READER)).json():
        assert len(batch) <= 2
        seen += [one["id"] for one in batch]
        path = f"/disclosures?limit=2&after={batch[-1]['sequence']}"
    assert len(seen) == len(set(seen)) == 3


async def test_another_epoch_is_gone(disclosed: Any) -> None:
    answer = await disclosed.get("/disclosures?after=000000000000.4", *READER)
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:turvavork:problem:epoch-ended")


async def test_reading_leaves_a_row(disclosed: Any) -> None:
    await disclosed.get("/disclosures", *READER)
    (row,) = await disclosed.world.rows(
        "select action, purpose, fields, cardinality(objects) from audit where operation = 'list_disclosures'"
    )
    assert tuple(row) == ("disclose", "accountability", ["basic"], 3)


@pytest.mark.parametrize(
    ("subject", "service", "purpose"),
    [
        ("ee-dev/GOV/70008747/polis", "exchange", "accountability"),
        ("worker:feed", "indicators", "accountability"),
        ("worker:disclosures", "exchange", "delivery"),
    ],
)
async def test_nobody_else_reads_it(disclosed: Any, subject: str, service: str, purpose: str) -> None:
    assert (await disclosed.get("/disclosures", subject, service, purpose)).status_code == 403
