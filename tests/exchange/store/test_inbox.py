"""The inbox behind row-level security: what Python does not ask for, the database does not give."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.exchange.store import inbox
from services.kit.db import Work
from services.kit.ids import new_id, new_reference
from services.kit.policy import Caller

POLIS, STAR = "ee-dev/GOV/70008747/polis", "ee-dev/GOV/70009770/star"


def a_message(client: str = POLIS, **changes: Any) -> inbox.NewMessage:
    values: dict[str, Any] = {
        "id": new_id(),
        "request_id": new_id(),
        "acknowledged": False,
        "hold": timedelta(0),
        "client": client,
        "message_id": str(new_id()),
        "protocol": "soap",
        "operation": "submit_referral",
        "digest": b"d" * 32,
        "reference": new_reference(),
        "sender_reference": "S-1",
        "sender_version": 1,
        "xroad_request_id": None,
        "key_id": new_id(),
        "key_wrapped": b"w",
        "message_sealed": b"m",
        "referral_sealed": b"r",
    }
    return inbox.NewMessage(**values | changes)


@asynccontextmanager
async def working(exchange: Any, client: str = POLIS) -> AsyncIterator[Work]:
    permit = exchange.app.state.policy.permit(Caller.system(client, "exchange"), "submit_referral", "intake")
    async with exchange.app.state.database.work(permit, str(uuid4())) as work:
        yield work


async def insert(work: Work, message: inbox.NewMessage) -> bool:
    return message.id in await inbox.insert(work, [message])


async def test_a_client_sees_its_own_rows_whatever_is_asked(exchange: Any) -> None:
    own = a_message()
    async with working(exchange) as work:
        assert await insert(work, own)
    async with working(exchange, STAR) as work:
        assert await inbox.by_reference(work, POLIS, own.reference) is None
        assert await inbox.by_message(work, POLIS, own.message_id) is None
        assert await inbox.by_sender_reference(work, POLIS, "S-1", None) is None
        assert (await work.conn.execute(text("select count(*) from inbox"))).scalar_one() == 0
        assert (await work.conn.execute(text("update inbox set attempts = 9"))).rowcount == 0
        assert await inbox.claim(work, limit=10, lease=timedelta(seconds=1)) == []
    async with working(exchange) as work:
        assert await inbox.by_reference(work, POLIS, own.reference) is not None


async def test_a_client_cannot_write_in_anothers_name(exchange: Any) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with working(exchange, STAR) as work:
            await insert(work, a_message(POLIS))


async def test_without_a_permit_nothing_is_there(exchange: Any) -> None:
    async with working(exchange) as work:
        await insert(work, a_message())
    url = str(
        exchange.app.state.database._url.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    connection = await asyncpg.connect(url)
    try:
        assert await connection.fetchval("select count(*) from inbox") == 0
        assert await connection.execute("delete from inbox") == "DELETE 0"
    finally:
        await connection.close()


async def test_an_id_is_taken_once_by_client(exchange: Any) -> None:
    first = a_message(message_id="m")
    async with working(exchange) as work:
        assert await insert(work, first)
        assert not await insert(work, a_message(message_id="m"))
    async with working(exchange, STAR) as work:
        assert await insert(work, a_message(STAR, message_id="m"))


SETTLED = "settled_at = now(), next_attempt_at = null"
GONE = f"{SETTLED}, key_wrapped = null, message_sealed = null, referral_sealed = null"
WRONG: dict[str, str] = {
    "acknowledged and refused": f"state = 'refused', reason = 'x', acknowledged_at = now(), {GONE}",
    "refused and kept": f"state = 'refused', reason = 'x', {SETTLED}",
    "handed over without a status": f"state = 'handed-over', {SETTLED}, referral_sealed = null",
    "handed over and kept": f"state = 'handed-over', status = 'RECEIVED', status_at = now(), {SETTLED}",
    "received and forgotten": "next_attempt_at = null",
    "quarantined without a reason": f"state = 'quarantined', acknowledged_at = now(), {SETTLED}",
    "quarantined, never acknowledged": f"state = 'quarantined', reason = 'x', {SETTLED}",
    "another status": "status = 'EATEN', status_at = now()",
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_state_cannot_be_written_down(exchange: Any, change: str) -> None:
    async with working(exchange) as work:
        await insert(work, a_message())
    with pytest.raises(DBAPIError, match="check constraint"):
        async with working(exchange) as work:
            await work.conn.execute(text(f"update inbox set {change}"))  # noqa: S608 - written above
