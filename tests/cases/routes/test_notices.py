from collections.abc import Callable
from typing import Any
from uuid import uuid4

Build = Callable[..., Any]
READER = ("worker:delivery", "exchange", "delivery")


async def test_exchange_reads_what_to_tell(served: Any, a_message: Build) -> None:
    reference = (await served.put(a_message(), sender_reference="A-1")).json()["reference"]
    (event,) = await served.world.rows("select id from event where type = 'referral.scored'")
    answer = await served.get(f"/notices/{event['id']}", *READER)
    told = answer.json()
    assert told.pop("occurredAt").endswith("Z")
    assert told == {
        "kind": "caseNotice",
        "recipient": "ee-dev/GOV/70008747/polis",
        "reference": reference,
        "senderReference": "A-1",
        "status": "AWAITING_SCREENING",
    }


async def test_it_leaves_a_row_with_the_receiver(served: Any, a_message: Build) -> None:
    await served.put(a_message())
    (event,) = await served.world.rows("select id from event where type = 'referral.received'")
    await served.get(f"/notices/{event['id']}", *READER)
    (row,) = await served.world.rows("select action, client from audit where operation = 'get_notice'")
    assert tuple(row) == ("disclose", "ee-dev/GOV/70008747/polis")


async def test_an_unknown_event_is_not_found(served: Any) -> None:
    assert (await served.get(f"/notices/{uuid4()}", *READER)).status_code == 404


async def test_indicators_does_not_read_notices(served: Any) -> None:
    answer = await served.get(f"/notices/{uuid4()}", "service:indicators", "indicators", "delivery")
    assert answer.status_code == 403


NUMBERS = """
    select e.id, one ->> 'number' as number
    from event e cross join jsonb_array_elements(e.data -> 'notices') as one order by e.recorded_at
"""


async def test_several_children_are_told_of_in_one_call(served: Any, a_message: Build) -> None:
    await served.put(a_message(), sender_reference="A-1")
    await served.put(a_message(), sender_reference="A-2")
    rows = await served.world.rows(NUMBERS)
    asked = [{"event": str(row["id"]), "number": row["number"]} for row in rows]
    asked.insert(1, {"event": str(uuid4()), "number": str(uuid4())})
    answer = await served.http.post(
        "/api/cases/v1/notices/children", json={"items": asked}, headers=served.headers(*READER)
    )
    assert answer.status_code == 200
    first, none, last = answer.json()["items"]
    assert none == {"refused": {"type": "urn:turvavork:problem:not-found", "status": 404}}
    for told, place in ((first, 0), (last, 2)):
        alone = f"/notices/{asked[place]['event']}/children/{asked[place]['number']}"
        assert told == {"told": (await served.get(alone, *READER)).json()}
    rows = await served.world.rows(
        "select operation, client from audit where request_id = $1 order by operation, client",
        answer.headers["x-request-id"],
    )
    assert [tuple(row) for row in rows] == [
        ("get_child_notice", "municipality/0698"),
        ("get_child_notice", "municipality/0698"),
        ("get_child_notices", None),
    ]
