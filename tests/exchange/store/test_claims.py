"""A claim takes what it was asked for, not one more, whatever plan PostgreSQL makes of it.

Written as ``where id in (select … limit … for update skip locked)`` it may take all that is due: a plan that
asks the subquery again for each row gets the next rows each time.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.exchange.model.outbox import Draft, Envelope, Sealed
from services.exchange.store import inbox, outbox, queueing
from services.kit.clock import SystemClock
from services.kit.db import Database, Work
from services.kit.ids import new_id, new_reference
from services.kit.policy import Caller, Policy

POLICY = Policy.load("services.exchange")
CLIENT = "ee-dev/GOV/70008747/polis"
LEASE = timedelta(seconds=30)
PLANS = {
    "usual": (),
    "nested loops": (
        "enable_hashjoin",
        "enable_mergejoin",
        "enable_hashagg",
        "enable_sort",
        "enable_material",
    ),
    "without indexes": ("enable_indexscan", "enable_bitmapscan", "enable_indexonlyscan", "enable_hashjoin"),
}


@pytest.fixture
async def database(lent_database: Callable[[str], Any]) -> AsyncIterator[Database]:
    made = Database(
        lent_database("exchange").url, service="exchange", clock=SystemClock(), audit_key=bytes(32)
    )
    await made.open()
    yield made
    await made.close()


@asynccontextmanager
async def working(database: Database, caller: str, operation: str, purpose: str) -> AsyncIterator[Work]:
    permit = POLICY.permit(Caller.system(caller, "exchange"), operation, purpose)
    async with database.work(permit, str(uuid4())) as work:
        yield work


async def prefer(work: Work, plan: str) -> None:
    for setting in PLANS[plan]:
        await work.conn.execute(text(f"set local {setting} = off"))


def a_notice() -> Draft:
    sealed = Sealed(uuid4(), b"wrapped", bytes(32), b"bytes")
    envelope = Envelope("soap", "POST", "/", "text/xml", sealed)
    return Draft(
        id=uuid4(),
        event_id=uuid4(),
        partner=CLIENT,
        stream=uuid4(),
        kind="caseNotice",
        reference=new_reference(),
        envelope=envelope,
        reason=None,
    )


def a_message() -> inbox.NewMessage:
    return inbox.NewMessage(
        id=new_id(),
        request_id=new_id(),
        acknowledged=True,
        hold=timedelta(0),
        client=CLIENT,
        message_id=str(new_id()),
        protocol="soap",
        operation="submit_referral",
        digest=bytes(32),
        reference=new_reference(),
        sender_reference="S-1",
        sender_version=1,
        xroad_request_id=None,
        key_id=new_id(),
        key_wrapped=b"w",
        message_sealed=b"m",
        referral_sealed=b"r",
    )


@pytest.mark.parametrize("plan", PLANS)
async def test_a_worker_takes_no_more_queues_than_it_has_places(database: Database, plan: str) -> None:
    async with working(database, "worker:delivery", "deliver_message", "delivery") as work:
        await queueing.enqueue(work, [a_notice() for _ in range(20)])
    async with working(database, "worker:delivery", "deliver_message", "delivery") as work:
        await prefer(work, plan)
        assert len(await outbox.claim(work, CLIENT, limit=3, lease=LEASE)) == 3


@pytest.mark.parametrize("plan", PLANS)
async def test_a_worker_takes_no_more_messages_than_it_hands_over_at_once(
    database: Database, plan: str
) -> None:
    async with working(database, CLIENT, "submit_referral", "intake") as work:
        await inbox.insert(work, [a_message() for _ in range(20)])
    async with working(database, "worker:intake", "hand_over_referral", "intake") as work:
        await prefer(work, plan)
        assert len(await inbox.claim(work, limit=3, lease=LEASE)) == 3
