import asyncio

import pytest

from services.kit.stopping import pause, unless


async def test_work_that_ends_first_tells_its_result_or_raises() -> None:
    stop = asyncio.Event()

    async def answer() -> int:
        return 7

    async def fail() -> int:
        raise ValueError("a mistake")

    assert await unless(stop, answer()) == 7
    with pytest.raises(ValueError, match="a mistake"):
        await unless(stop, fail())


async def test_the_order_to_stop_breaks_work_off() -> None:
    stop, undone = asyncio.Event(), asyncio.Event()

    async def last() -> int:
        try:
            await asyncio.Event().wait()
        finally:
            undone.set()
        return 7

    waiting = asyncio.create_task(unless(stop, last()))
    await asyncio.sleep(0)
    stop.set()
    assert await waiting is None
    assert undone.is_set()


async def test_who_is_cancelled_without_an_order_is_cancelled() -> None:
    """Also when the work itself is: else a task that is to end would go on."""
    stop, begun = asyncio.Event(), asyncio.Event()

    async def last() -> int:
        begun.set()
        await asyncio.Event().wait()
        return 7

    async def cancelled() -> int:
        raise asyncio.CancelledError

    waiting = asyncio.create_task(unless(stop, last()))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    with pytest.raises(asyncio.CancelledError):
        await unless(stop, cancelled())


async def test_a_pause_ends_by_itself_or_by_the_order() -> None:
    stop = asyncio.Event()
    await pause(stop, 0)
    stop.set()
    async with asyncio.timeout(5):
        await pause(stop, 3600)
