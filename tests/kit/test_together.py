"""Groups: who goes with whom, what a failure of one does to the others, and that none is forgotten."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.problem import UpstreamUnavailable
from services.kit.together import Together


class Doing:
    """Gives each number its double; remembers the groups; fails for whole groups that hold a bad number."""

    def __init__(self, bad: Sequence[int] = (), error: Exception | None = None) -> None:
        self.bad, self.error = bad, error or ValueError("bad")
        self.groups: list[list[int]] = []
        self.began = asyncio.Event()
        self.under_way = self.most_under_way = 0

    async def __call__(self, things: Sequence[int]) -> Sequence[int]:
        self.groups.append(list(things))
        self.began.set()
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0)
            if any(thing in self.bad for thing in things):
                raise self.error
            return [2 * thing for thing in things]
        finally:
            self.under_way -= 1


async def test_the_first_goes_at_once_and_those_that_come_meanwhile_go_together() -> None:
    doing = Doing()
    together = Together(doing)
    first = asyncio.create_task(together.add("a", 1))
    await doing.began.wait()
    assert await asyncio.gather(*(together.add("a", n) for n in (2, 3, 4))) == [4, 6, 8]
    assert await first == 2
    assert doing.groups == [[1], [2, 3, 4]]


async def test_a_group_has_its_most() -> None:
    doing = Doing()
    together = Together(doing, most=3)
    await asyncio.gather(*(together.add("a", n) for n in range(7)))
    assert doing.groups == [[0, 1, 2], [3, 4, 5], [6]]


async def test_kinds_do_not_mix_and_do_not_wait_for_each_other() -> None:
    doing = Doing()
    together = Together(doing)
    await asyncio.gather(*(together.add(n % 2, n) for n in range(6)))
    assert sorted(doing.groups) == [[0, 2, 4], [1, 3, 5]]
    assert doing.most_under_way == 2


async def test_one_that_fails_falls_alone() -> None:
    together = Together(Doing(bad=[2]))
    results = await asyncio.gather(*(together.add("a", n) for n in (1, 2, 3)), return_exceptions=True)
    assert [results[0], results[2]] == [2, 6]
    assert isinstance(results[1], ValueError)


async def test_without_the_database_nothing_is_tried_twice() -> None:
    doing = Doing(bad=[2], error=UpstreamUnavailable())
    together = Together(doing)
    results = await asyncio.gather(*(together.add("a", n) for n in (1, 2, 3)), return_exceptions=True)
    assert all(isinstance(result, UpstreamUnavailable) for result in results)
    assert doing.groups == [[1, 2, 3]]


async def test_who_is_cancelled_takes_nobody_along() -> None:
    together = Together(Doing())
    tasks = [asyncio.create_task(together.add("a", n)) for n in (1, 2, 3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [results[0], results[2]] == [2, 6]
    with pytest.raises(asyncio.CancelledError):
        tasks[1].result()


async def test_after_a_failure_it_goes_on() -> None:
    together = Together(Doing(bad=[1]))
    with pytest.raises(ValueError, match="bad"):
        await together.add("a", 1)
    assert await together.add("a", 2) == 4


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 20)), max_size=40), st.integers(1, 5))
def test_each_gets_its_own_result_once(things: list[tuple[str, int]], most: int) -> None:
    doing = Doing()

    async def all_of_them() -> list[int]:
        together = Together(doing, most=most)
        return await asyncio.gather(*(together.add(kind, number) for kind, number in things))

    assert asyncio.run(all_of_them()) == [2 * number for _, number in things]
    assert sorted(n for group in doing.groups for n in group) == sorted(number for _, number in things)
