import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.exchange.actions.gate import Gate
from services.kit.problem import Overloaded


async def hold(gate: Gate, done: asyncio.Event, client: str = "a") -> None:
    async with gate.place(client):
        await done.wait()


async def test_places_then_a_queue_then_a_refusal_at_once() -> None:
    gate, done = Gate(places=2, queue=1, patience=10), asyncio.Event()
    tasks = [asyncio.create_task(hold(gate, done)) for _ in range(3)]
    await asyncio.sleep(0)
    async with asyncio.timeout(1):
        with pytest.raises(Overloaded) as caught:
            async with gate.place("a"):
                pytest.fail("there was no place")
    assert caught.value.headers["Retry-After"] == "1"
    done.set()
    await asyncio.gather(*tasks)
    async with gate.place("a"), gate.place("a"):
        pass


async def test_a_queue_that_does_not_move_is_told_so() -> None:
    gate, done = Gate(places=1, queue=5, patience=0.01), asyncio.Event()
    task = asyncio.create_task(hold(gate, done))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        async with gate.place("a"):
            pytest.fail("there was no place")
    done.set()
    await task
    async with gate.place("a"):
        pass


async def test_a_place_is_given_back_after_a_failure() -> None:
    gate = Gate(places=1, queue=0, patience=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with gate.place("a"):
                raise ZeroDivisionError


async def test_a_flood_leaves_places_to_others() -> None:
    """60 of 100 places, and not one more while they are the only ones who come (INV-18)."""
    gate, done = Gate(places=10, queue=50, patience=5, share=0.6), asyncio.Event()
    flood = [asyncio.create_task(hold(gate, done, "flood")) for _ in range(40)]
    await asyncio.sleep(0)
    assert gate._held["flood"] == 6
    async with asyncio.timeout(1), gate.place("other"), gate.place("other"):
        assert gate._held["other"] == 2
    done.set()
    await asyncio.gather(*flood)


async def test_when_the_lines_are_full_the_longest_loses_its_last() -> None:
    gate, done = Gate(places=1, queue=4, patience=5), asyncio.Event()
    flood = [asyncio.create_task(hold(gate, done, "flood")) for _ in range(5)]
    await asyncio.sleep(0)
    other = asyncio.create_task(hold(gate, done, "other"))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await flood[4]
    done.set()
    await asyncio.gather(*flood[:4], other)


async def test_of_those_who_wait_the_one_with_the_fewest_places_goes_first() -> None:
    gate, order = Gate(places=1, queue=20, patience=5), list[str]()

    async def pass_through(client: str) -> None:
        async with gate.place(client):
            order.append(client)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        for client in ["flood"] * 6 + ["other"] * 2:
            tasks.create_task(pass_through(client))
    assert order[:5].count("other") == 2, order
    assert len(order) == 8


async def test_a_turn_of_somebody_who_has_gone_is_given_on() -> None:
    """The turn comes, and in the same moment its owner is broken off: the place must not be lost."""
    gate, done = Gate(places=1, queue=5, patience=5), asyncio.Event()
    first = asyncio.create_task(hold(gate, done))
    await asyncio.sleep(0)
    second, third = (asyncio.create_task(hold(gate, asyncio.Event())) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert not second.done()
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    assert gate._held["a"] == 1
    third.cancel()
    await asyncio.gather(third, return_exceptions=True)
    async with asyncio.timeout(1), gate.place("b"):
        pass


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["come", "come", "go", "break", "tick"]), st.sampled_from("abc"), st.integers(0, 30)
    ),
    max_size=80,
)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS, places=st.integers(1, 5), queue=st.integers(0, 6), share=st.sampled_from([0.3, 0.6, 1.0]))
def test_whatever_happens_no_place_is_lost_or_kept_from_who_may_have_it(
    steps: list[tuple[str, str, int]], places: int, queue: int, share: float
) -> None:
    asyncio.run(play(Gate(places=places, queue=queue, patience=60, share=share), steps, places, queue))


async def play(gate: Gate, steps: list[tuple[str, str, int]], places: int, queue: int) -> None:
    inside: Counter[str] = Counter()
    tasks: list[tuple[asyncio.Task[None], asyncio.Event]] = []

    async def visit(client: str, leave: asyncio.Event) -> None:
        async with gate.place(client):
            inside[client] += 1
            try:
                await leave.wait()
            finally:
                inside[client] -= 1

    for what, client, which in steps:
        if what == "come":
            leave = asyncio.Event()
            tasks.append((asyncio.create_task(visit(client, leave)), leave))
        elif what == "tick" or not tasks:
            await asyncio.sleep(0)
        elif what == "go":
            tasks[which % len(tasks)][1].set()
        else:
            tasks[which % len(tasks)][0].cancel()
        assert inside.total() <= places
        assert max(inside.values(), default=0) <= gate._most
        assert gate._waiting == sum(map(len, gate._lines.values())) <= queue
        able = [each for each in gate._lines if gate._held[each] < gate._most]
        assert not (gate._free and able), "a place is free, and somebody waits who may have it"
    for _, leave in tasks:
        leave.set()
    ended = await asyncio.gather(*(task for task, _ in tasks), return_exceptions=True)
    assert all(one is None or isinstance(one, Overloaded | asyncio.CancelledError) for one in ended)
    assert (gate._free, gate._waiting, gate._held.total(), gate._lines) == (places, 0, 0, {})
