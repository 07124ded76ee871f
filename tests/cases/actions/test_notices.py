from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from services.cases.actions.notices import Notice, notice_of
from services.cases.catalog import Catalog
from services.kit.problem import NotFound

Build = Callable[..., Any]


@pytest.fixture
def notice(world: Any, catalog: Catalog) -> Build:
    async def run(event: Any) -> Notice:
        async with world.work(world.permit("get_notice", "delivery", "worker:delivery")) as work:
            return await notice_of(work, event, catalog)

    return run


async def test_the_sender_is_told_reference_status_and_time(
    world: Any, a_referral: Build, notice: Build, catalog: Catalog
) -> None:
    taken = await world.take(a_referral(), sender_reference="A-1")
    (event,) = await world.rows("select id from event where type = 'referral.scored'")
    told = await notice(event["id"])
    assert told.fields == {
        "kind": "caseNotice",
        "recipient": "ee-dev/GOV/70008747/polis",
        "reference": taken.reference,
        "senderReference": "A-1",
        "status": "AWAITING_SCREENING",
        "occurredAt": "2017-05-04T12:00:00Z",
    }
    assert set(told.fields) == {field for rule in catalog.notices.values() for field in rule.fields}


async def test_each_event_tells_the_status_of_its_moment(
    world: Any, a_referral: Build, notice: Build
) -> None:
    await world.take(a_referral())
    (event,) = await world.rows("select id from event where stream_version = 1")
    assert (await notice(event["id"])).fields["status"] == "RECEIVED"


async def test_nobody_is_told_of_an_unknown_event(notice: Build) -> None:
    with pytest.raises(NotFound):
        await notice(uuid4())


async def test_nobody_is_told_of_what_a_person_entered(world: Any, a_referral: Build, notice: Build) -> None:
    await world.take(a_referral())
    await world.rows("update referral set sender = null, sender_reference = null, sender_version = null")
    (event,) = await world.rows("select id from event where stream_version = 1")
    with pytest.raises(NotFound):
        await notice(event["id"])
