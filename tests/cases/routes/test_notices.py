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
