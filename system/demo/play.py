"""Plays the samples: POLIS and STAR send, coordinators screen, notices go back."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
from lxml import etree

from system.demo.client import FrontEnd, Office, UnexpectedAnswer

AGENCIES: Final = ("police", "victim-support", "local-government")
OPERATOR: Final = Office("operator", None, "operations")
_AT_ONCE: Final = 8
_PATIENCE: Final = 30.0
_PAUSE: Final = 0.15
_REFERENCE: Final = "reference"
_STATUS: Final = "status"


@dataclass(frozen=True, slots=True)
class Sent:
    """A sample, and what its sender was answered."""

    key: str
    client: str
    region: str
    reference: str
    status: str


async def send(http: httpx.AsyncClient, simulator: str, messages: Sequence[Mapping[str, Any]]) -> list[Sent]:
    """Lets POLIS (SOAP) and STAR (REST) send the messages; the same answers again for those sent before."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(message: Mapping[str, Any]) -> Sent:
        async with gate:
            told = {name: message[name] for name in ("protocol", "messageId", "sender", "referral")}
            answer = await http.post(f"{simulator}/control/refer", json=told)
        answer.raise_for_status()
        reference, status = _receipt(message["protocol"], answer.json()["items"][0])
        region = message["referral"]["region"]
        return Sent(message["key"], message["sender"]["client"], region, reference, status)

    return list(await asyncio.gather(*(one(message) for message in messages)))


def _receipt(protocol: str, outcome: Mapping[str, Any]) -> tuple[str, str]:
    """Reference and status from what the sender got back."""
    if protocol == "rest":
        body = json.loads(outcome["body"]) if outcome["status"] in {200, 201, 202} else {}
        found = body.get(_REFERENCE), body.get(_STATUS)
    else:
        tree = etree.fromstring(outcome["body"].encode())
        texts = {etree.QName(each).localname: each.text for each in tree.iter("{*}*")}
        found = texts.get(_REFERENCE), texts.get(_STATUS)
    if found[0] is None or found[1] is None:
        raise UnexpectedAnswer(f"{protocol}: {outcome['status']} {outcome['code'] or ''}")
    return found[0], found[1]


async def scored(front: FrontEnd, regions: Sequence[str], references: set[str]) -> dict[str, dict[str, Any]]:
    """Waits until each of the references has its score; the regions' referrals by reference."""
    for _ in range(int(_PATIENCE / _PAUSE)):
        found = await read(front, regions)
        if all(each in found and found[each]["status"] != "RECEIVED" for each in references):
            return found
        await asyncio.sleep(_PAUSE)
    raise UnexpectedAnswer("some referrals still wait for their score")


async def read(front: FrontEnd, regions: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Every referral of the regions as their coordinators see them, by reference."""
    found: dict[str, dict[str, Any]] = {}
    for region in regions:
        office = Office("coordinator", region, "case-work")
        async for each in front.pages(office, "/api/cases/v1/referrals", region=region):
            found[each["reference"]] = each
    return found


async def screen(front: FrontEnd, referrals: Mapping[str, Mapping[str, Any]], references: set[str]) -> int:
    """Accepts those of the samples that wait for a coordinator; how many they were."""
    waiting = [
        each
        for reference, each in referrals.items()
        if reference in references and each["status"] == "AWAITING_SCREENING"
    ]
    for each in waiting:
        await front.ask(
            Office("coordinator", each["region"], "case-work"),
            "POST",
            f"/api/cases/v1/referrals/{each['id']}/screening",
            json={"decision": "accept", "agencies": list(AGENCIES)},
            headers={"If-Match": f'"{each["version"]}"'},
        )
    return len(waiting)


async def delivered(front: FrontEnd, references: set[str]) -> dict[str, int]:
    """Waits until the sender of each referral has its notice; how many such notices each has."""
    for _ in range(int(_PATIENCE / _PAUSE)):
        counts = dict.fromkeys(references, 0)
        path = "/api/exchange/v1/messages"
        async for each in front.pages(OPERATOR, path, direction="out", state="delivered"):
            if each["kind"] == "caseNotice" and each["reference"] in counts:
                counts[each["reference"]] += 1
        if all(counts.values()):
            return counts
        await asyncio.sleep(_PAUSE)
    return counts
