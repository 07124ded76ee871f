"""Doors of the start of regions, and of advice to them."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from tests.cases.routes.access.doors_networks import of_region
from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import AWAY, HOME
from tests.cases.routes.access.knock import Door, Knock, Purpose
from tests.cases.routes.access.oracle import ROOT, Asker, Expected, Thing, expected, stripped

_MALFORMED = Expected(422, "malformed")


@cache
def _standard() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "services/cases/data/implementation.yaml").read_text())
    return content


def _untouched(region: str) -> dict[str, Any]:
    """A region of which nobody has confirmed anything."""
    none = {"confirmedBy": None, "confirmedAt": None, "evidence": None}
    items = [
        {"milestone": each["milestone"]}
        | {name: each[name] for name in ("code", "label", "obligatory")}
        | none
        for each in _standard()["items"]
    ]
    parts = [
        {
            **part,
            "reachedOn": None,
            "items": [
                {name: value for name, value in item.items() if name != "milestone"}
                for item in items
                if item["milestone"] == part["code"]
            ],
        }
        for part in _standard()["milestones"]
    ]
    return {
        "region": region,
        "milestones": parts,
        "missing": [each["code"] for each in items if each["obligatory"]],
        "firstMeeting": None,
        "version": 1,
    }


def _get_start(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    for region in (HOME, AWAY):
        word = expected(asker, "get_region_start", purpose, Thing(region))
        shown = stripped(_untouched(region), word.fields)
        yield Knock(f"/regions/{region}/start", Wanted(word, shown, frozenset({region})))


def _of_start(operation: str, path: str, inside: Expected, json: Any = None) -> Door:
    """Whoever may move the start hears that the version is old, or the body wrong; so nothing changes."""

    def door(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        for region in (HOME, AWAY):
            word = expected(asker, operation, purpose, Thing(region))
            wanted = Wanted(inside if word.status == 200 else word)
            yield Knock(f"/regions/{region}{path}", wanted, "POST", json, {"If-Match": '"999"'})

    return door


_STALE = Expected(412, "stale-version")
_ITEM = "/start/items/members-trained"
STARTS: dict[str, Door] = {
    "get_region_start": _get_start,
    "confirm_start_item": _of_start("confirm_start_item", f"{_ITEM}/confirm", _STALE, {"evidence": "x"}),
    "withdraw_start_item": _of_start("withdraw_start_item", f"{_ITEM}/withdraw", _STALE),
    "record_first_meeting": _of_start(
        "record_first_meeting", "/start/first-meeting", _STALE, {"heldOn": "2017-01-01"}
    ),
    "list_advice": of_region("list_advice", "/regions/{region}/advice", None),
    "write_advice": _of_start("write_advice", "/advice", _MALFORMED, {"topic": "weather", "text": "x"}),
}
