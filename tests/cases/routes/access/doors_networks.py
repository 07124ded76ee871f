"""Doors of regions, agencies and who sits in which network."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import yaml

from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import AWAY, HOME
from tests.cases.routes.access.knock import NOTHING, Door, Knock, Purpose
from tests.cases.routes.access.oracle import ROOT, Asker, Expected, Thing, at_the_door, expected, granted

_LONG_AGO = "1900-01-01"
_SEAT = {"agency": "no-such-agency", "seat": "core", "validFrom": "2017-01-01"}


def word_of(asker: Asker, operation: str, purpose: Purpose) -> Expected:
    rules = tuple(dict.fromkeys(rule["id"] for rule, _ in granted(asker, operation, purpose)))
    return at_the_door(asker, operation, purpose) or Expected(200, rules=rules, fields=frozenset({"basic"}))


def _of_old(operation: str, path: str) -> Door:
    """Before the first network there is nothing to list."""

    def door(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        yield Knock(path, Wanted(word_of(asker, operation, purpose), {"items": []}))

    return door


def _get_region(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    word = word_of(asker, "get_region", purpose)
    yield Knock("/regions/atlantis", Wanted(Expected(404, "not-found") if word.status == 200 else word))


@cache
def _sets() -> dict[str, Any]:
    file = yaml.safe_load((ROOT / "services/cases/data/networks.yaml").read_text())
    return {"items": [each | {"on": str(each.pop("day"))} for each in file["sets"]]}


def _list_region_sets(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    objects = frozenset(each["code"] for each in _sets()["items"])
    yield Knock("/region-sets", Wanted(word_of(asker, "list_region_sets", purpose), _sets(), objects))


def of_region(
    operation: str, path: str, inside: Expected | None, method: str = "GET", json: Any = None
) -> Door:
    """At both regions; without ``inside`` who may come in sees that there is nothing."""

    def door(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        for region in (HOME, AWAY):
            word = expected(asker, operation, purpose, Thing(region))
            if word.status == 200 and inside is not None:
                word = inside
            yield Knock(path.format(region=region), Wanted(word, {"items": [], "next": None}), method, json)

    return door


def nothing(operation: str, path: str, method: str = "GET", json: Any = None) -> Door:
    """What is not there is not found by anybody who gets past the door."""

    def door(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        word = at_the_door(asker, operation, purpose) or Expected(404, "not-found")
        yield Knock(path, Wanted(word), method, json, {"If-Match": '"1"'})

    return door


_MEMBER = f"/network-members/{NOTHING}"
NETWORKS: dict[str, Door] = {
    "list_regions": _of_old("list_regions", f"/regions?on={_LONG_AGO}"),
    "get_region": _get_region,
    "list_region_sets": _list_region_sets,
    "list_agencies": _of_old("list_agencies", f"/agencies?on={_LONG_AGO}"),
    "list_network_members": of_region("list_network_members", "/regions/{region}/members?ever=true", None),
    "get_network_member": nothing("get_network_member", _MEMBER),
    "add_network_member": of_region(
        "add_network_member", "/regions/{region}/members", Expected(422, "malformed"), "POST", _SEAT
    ),
    "change_network_member": nothing(
        "change_network_member", _MEMBER, "PUT", {"seat": "core", "contact": {}}
    ),
    "end_network_member": nothing(
        "end_network_member",
        f"{_MEMBER}/end",
        "POST",
        {"validTo": str(date(2018, 1, 1)), "reason": "left"},
    ),
}
