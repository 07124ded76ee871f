import asyncio

import pytest

from services.exchange.actions.gate import Gate
from services.kit.problem import Overloaded


async def hold(gate: Gate, done: asyncio.Event) -> None:
    async with gate.place():
        await done.wait()


async def test_places_then_a_queue_then_a_refusal_at_once() -> None:
    gate, done = Gate(places=2, queue=1, patience=10), asyncio.Event()
    tasks = [asyncio.create_task(hold(gate, done)) for _ in range(3)]
    await asyncio.sleep(0)
    async with asyncio.timeout(1):
        with pytest.raises(Overloaded) as caught:
            async with gate.place():
                pytest.fail("there was no place")
    assert caught.value.headers["Retry-After"] == "1"
    done.set()
    await asyncio.gather(*tasks)
    async with gate.place(), gate.place():
        pass


async def test_a_queue_that_does_not_move_is_told_so() -> None:
    gate, done = Gate(places=1, queue=5, patience=0.01), asyncio.Event()
    task = asyncio.create_task(hold(gate, done))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        async with gate.place():
            pytest.fail("there was no place")
    done.set()
    await task
    async with gate.place():
        pass


async def test_a_place_is_given_back_after_a_failure() -> None:
    gate = Gate(places=1, queue=0, patience=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with gate.place():
                raise ZeroDivisionError
