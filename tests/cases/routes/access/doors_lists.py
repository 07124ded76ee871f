"""Doors of published lists."""

from collections.abc import Iterator
from typing import Any

from services.cases import catalog as published
from services.cases.schemas.lists import CodeListsView, CodeListView, LifecyclesView, LifecycleView
from tests.cases.routes.access.doors_networks import word_of
from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.knock import Door, Knock, Purpose
from tests.cases.routes.access.oracle import Asker, Expected


def _whole(operation: str, path: str, view: Any) -> Door:
    def door(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        yield Knock(path, Wanted(word_of(asker, operation, purpose), view.model_dump(by_alias=True)))

    return door


def _unknown(operation: str, path: str) -> Door:
    def door(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        word = word_of(asker, operation, purpose)
        yield Knock(path, Wanted(Expected(404, "not-found") if word.status == 200 else word))

    return door


_LISTS = [CodeListView.of(one, "et") for one in published.load().lists.values()]
_MACHINES = [LifecycleView.of(one, "et") for one in published.load().lifecycles.values()]
LISTS: dict[str, Door] = {
    "list_code_lists": _whole("list_code_lists", "/code-lists", CodeListsView(items=_LISTS)),
    "get_code_list": _unknown("get_code_list", "/code-lists/no-such-list"),
    "list_lifecycles": _whole("list_lifecycles", "/lifecycles", LifecyclesView(items=_MACHINES)),
    "get_lifecycle": _unknown("get_lifecycle", "/lifecycles/no-such-machine"),
}
