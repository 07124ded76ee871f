"""The people-served table of the demo: the official figures, and where the source says otherwise."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from system.demo.client import FrontEnd, Office, UnexpectedAnswer

OFFICER: Final = Office("programme-officer", None, "statistics")
#: The periods for which the report prints totals: programme to date, a half-year, programme to date.
PERIODS: Final = ((None, "2017-12-31"), ("2018-01-01", "2018-06-30"), (None, "2018-06-30"))
_PAUSE: Final = 0.15
_PATIENCE: Final = 30.0


async def values(front: FrontEnd, indicator: str, first: str | None, last: str, by: str) -> dict[str, Any]:
    """One indicator's official figures of a period."""
    params = {"channel": "official", "to": last, "by": by, **({"from": first} if first else {})}
    found: dict[str, Any] = await front.ask(
        OFFICER, "GET", f"/api/indicators/v1/indicators/{indicator}/values", params=params
    )
    return found


async def settled(front: FrontEnd, cases: int) -> None:
    """Waits until the indicators have read the feed and counted this many cases to 30.06.2018."""
    for _ in range(int(_PATIENCE / _PAUSE)):
        if await _counted(front) >= cases:
            return
        await asyncio.sleep(_PAUSE)
    raise UnexpectedAnswer("the indicators have not counted every case")


async def _counted(front: FrontEnd) -> int:
    """The cases that are counted now; none while the indicators read the feed for the first time."""
    try:
        answer = await values(front, "cases", None, PERIODS[-1][1], "region")
    except UnexpectedAnswer as error:
        if error.status != HTTPStatus.SERVICE_UNAVAILABLE:
            raise
        return 0
    return sum(row["value"] for row in answer["rows"])


async def people_served(front: FrontEnd) -> Sequence[dict[str, Any]]:
    """People served by region in each of the periods."""
    return [await values(front, "people-served", first, last, "region") for first, last in PERIODS]


async def discrepancies(front: FrontEnd) -> list[dict[str, Any]]:
    """What the source printed otherwise than it is recorded."""
    found: dict[str, dict[str, Any]] = {}
    for indicator in ("cases", "people-served"):
        for first, last in PERIODS:
            answer = await values(front, indicator, first, last, "region")
            found.update({each["id"]: each for each in answer["claims"] if each["difference"]})
    return list(found.values())
