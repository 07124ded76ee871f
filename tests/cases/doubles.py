"""Others that the register asks, as a test says that they are."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

POLIS: Final = "ee-dev/GOV/70008747/polis"


@dataclass
class FakeExchange:
    """Stands for exchange, which asks the police: tells ``days`` by threatening person, or is ``mode``."""

    mode: str = "ok"
    days: dict[str, list[str]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.asked.append(body)
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.mode == "away":
            raise httpx.ConnectError("away")
        if self.mode != "ok":
            return httpx.Response(int(self.mode), json={})
        days = [
            day
            for day in self.days.get(body["threateningPerson"], [])
            if body["since"] <= day < body["until"]
        ]
        return httpx.Response(200, json={"source": POLIS, "count": len(days), "days": days})
