"""A way to knock at an operation of people in the house, with what the table says to it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import Kept
from tests.cases.routes.access.oracle import Asker, Expected, expected

Purpose = str | None


@dataclass(frozen=True)
class Knock:
    """A request, and what should come back."""

    path: str
    wanted: Wanted
    method: str = "GET"
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Door = Callable[[Full, Asker, Purpose], Iterator[Knock]]
#: An id of nothing.
NOTHING = UUID("0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11")


Inside = Callable[[Kept, Expected], Wanted]


def refused(status: int, slug: str) -> Inside:
    """Who may come in hears this, and nothing changes."""
    return lambda _kept, _word: Wanted(Expected(status, slug))


def empty_list(kept: Kept, word: Expected) -> Wanted:
    """Who may come in sees that there is nothing, of this case."""
    return Wanted(word, {"items": [], "next": None}, frozenset({kept.case}))


def on_each_case(  # noqa: PLR0913 - the parts of a request
    operation: str,
    path: Callable[[Kept], str],
    inside: Inside,
    *,
    method: str = "GET",
    json: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Door:
    """Knocks at what hangs on every case of the house."""

    def door(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        for each in full.kept:
            there = each.is_case and not each.erased
            word = expected(asker, operation, purpose, each.thing if there else None)
            wanted = inside(each, word) if word.status == 200 else Wanted(word)
            yield Knock(path(each), wanted, method, json, dict(headers or {}))

    return door


def on_nothing(
    operation: str,
    path: str,
    *,
    method: str = "GET",
    json: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Door:
    """Knocks at a thing that is not there; whose it is when it is there, tests of its routes say."""

    def door(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        wanted = Wanted(expected(asker, operation, purpose, None))
        yield Knock(path.format(id=NOTHING), wanted, method, json, dict(headers or {}))

    return door
