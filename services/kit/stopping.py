"""Work in the background that ends soon after it is told to: a pause, and a step that can be broken off."""

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import TypeVar

Result = TypeVar("Result")


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Waits so long, or until the order to stop."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def unless(stop: asyncio.Event, work: Awaitable[Result]) -> Result | None:
    """Waits for work, or for the order to stop: then it is broken off, its transaction undone, and None told.

    Whoever is cancelled otherwise is cancelled with its work, and raises.
    """
    doing = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        if not doing.done():
            doing.cancel()
    try:
        return await doing
    except asyncio.CancelledError:
        if stop.is_set():
            return None
        raise
