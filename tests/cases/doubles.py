"""Others that the register asks, as a test says that they are."""

import asyncio
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


class FakeScorer:
    """Stands for riskscore: answers, refuses, or is away, as ``mode`` says."""

    def __init__(self) -> None:
        self.mode = "ok"
        self.asked: list[dict[str, Any]] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.asked.append(body)
        if self.mode == "slow":
            await asyncio.sleep(5)
        if self.mode == "away":
            raise httpx.ConnectError("away")
        if self.mode == "refuse":
            errors = [{"pointer": "/answers", "code": "unknown-item", "reason": "no such item"}]
            return httpx.Response(422, json={"errors": errors})
        if self.mode != "ok":
            return httpx.Response(int(self.mode))
        if "items" in body:
            return httpx.Response(200, json={"items": [self._score(one) for one in body["items"]]})
        return httpx.Response(200, json=self._score(body))

    @staticmethod
    def _score(body: dict[str, Any]) -> dict[str, Any]:
        score = sum(answer == "yes" for answer in body["answers"].values())
        high = score >= 14
        return {
            "instrument": body["instrument"],
            "version": "2026-11",
            "contentHash": "sha256:00",
            "status": "draft",
            "engine": "fake/1",
            "score": score,
            "maximum": 24,
            "band": "high" if high else "standard",
            "bandLabels": {"et": "-", "ru": "-", "en": "-"},
            "grounds": ["visible-high-risk"] if high else [],
            "range": {"lowest": score, "highest": 24, "lowestBand": "high", "highestBand": "high"},
            "unanswered": [],
            "items": [],
            "statements": [],
        }
