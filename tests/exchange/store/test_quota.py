"""A quota at its limit: however many count at once, and whatever is given back, no more get through."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.exchange.store import quota
from services.kit.db import Work
from services.kit.policy import Caller

POLIS, STAR = "ee-dev/GOV/70008747/polis", "ee-dev/GOV/70009770/star"
TODAY, TOMORROW = date(2017, 5, 4), date(2017, 5, 5)
COUNTED = "select client, day, asked from flag_count order by client, day"


@asynccontextmanager
async def asking(exchange: Any, client: str = POLIS) -> AsyncIterator[Work]:
    permit = exchange.app.state.policy.permit(Caller.system(client, "exchange"), "get_flags", "flagging")
    async with exchange.app.state.database.work(permit, str(uuid4())) as work:
        yield work


async def take(exchange: Any, most: int, client: str = POLIS, day: date = TODAY) -> bool:
    async with asking(exchange, client) as work:
        taken = await quota.take(work, client, day, most)
        await asyncio.sleep(random.random() / 200)  # noqa: S311 - others come meanwhile
        return taken


async def counted(exchange: Any) -> dict[tuple[str, date], int]:
    return {(row["client"], row["day"]): row["asked"] for row in await exchange.rows(COUNTED)}


@pytest.mark.parametrize("most", [1, 5])
async def test_of_many_at_once_as_many_get_through_as_may(exchange: Any, most: int) -> None:
    taken = await asyncio.gather(*(take(exchange, most) for _ in range(3 * most + 5)))
    assert sum(taken) == most
    assert await counted(exchange) == {(POLIS, TODAY): most}


async def test_what_is_given_back_may_be_taken_once(exchange: Any) -> None:
    """Some take and keep, some take and give back, in any order: those who keep are never more than may."""
    kept = given = 0

    async def one(*, keeps: bool) -> None:
        nonlocal kept, given
        if await take(exchange, 4):
            if keeps:
                kept += 1
                return
            async with asking(exchange) as work:
                await quota.give_back(work, POLIS, TODAY)
            given += 1

    await asyncio.gather(*(one(keeps=number % 3 == 0) for number in range(24)))
    assert kept <= 4
    assert await counted(exchange) == {(POLIS, TODAY): kept}
    assert sum([await take(exchange, 4) for _ in range(5)]) == 4 - kept
    assert given > 0


async def test_clients_and_days_have_a_quota_each(exchange: Any) -> None:
    for client, day in ((POLIS, TODAY), (STAR, TODAY), (POLIS, TOMORROW)):
        assert [await take(exchange, 1, client, day) for _ in range(2)] == [True, False]
    assert set((await counted(exchange)).values()) == {1}


async def test_nothing_falls_below_none(exchange: Any) -> None:
    async with asking(exchange) as work:
        await quota.give_back(work, POLIS, TODAY)
    assert await counted(exchange) == {}
    await take(exchange, 9)
    for _ in range(2):
        async with asking(exchange) as work:
            await quota.give_back(work, POLIS, TODAY)
    assert await counted(exchange) == {(POLIS, TODAY): 0}


async def test_what_is_rolled_back_is_not_counted(exchange: Any) -> None:
    async def undone() -> None:
        async with asking(exchange) as work:
            assert await quota.take(work, POLIS, TODAY, 3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await undone()
    assert await counted(exchange) == {}


async def test_the_database_lets_nobody_count_for_another(exchange: Any) -> None:
    await take(exchange, 3)
    async with asking(exchange, STAR) as work:
        assert await work.fetch("select client from flag_count") == []
        await quota.give_back(work, POLIS, TODAY)
    assert await counted(exchange) == {(POLIS, TODAY): 1}
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with asking(exchange, STAR) as work:
            await quota.take(work, POLIS, TOMORROW, 3)
