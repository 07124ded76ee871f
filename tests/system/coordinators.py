"""Coordinators who screen whatever waits for them, one for each region, and write down what was confirmed."""

import asyncio
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import httpx
from httpx_aiohttp import HttpxAiohttpClient

from tests.system.ledger import Ledger
from tests.system.running import Running

PAUSE = 0.2
AGAIN = frozenset({429, 502, 503, 504})
DECISIONS: dict[str, dict[str, Any]] = {
    "ACCEPTED": {"decision": "accept", "agencies": ["police", "victim-support"]},
    "DECLINED": {"decision": "decline", "reason": "criteria-not-met"},
    "REDIRECTED": {"decision": "redirect", "reason": "other-service", "to": "victim-support"},
}
_OF_TEN = ("ACCEPTED",) * 7 + ("DECLINED",) * 2 + ("REDIRECTED",)


def decision_about(reference: str) -> str:
    """What is decided about a referral: always the same."""
    return _OF_TEN[hashlib.sha256(reference.encode()).digest()[0] % 10]


@dataclass
class Coordinators:
    """Each decision is sent with one idempotency key until it is confirmed."""

    running: Running
    regions: tuple[str, ...]
    ledger: Ledger
    refused: Counter[str] = field(default_factory=Counter)

    async def run(self, stop: asyncio.Event) -> None:
        """Screen until `stop`; a decision that was begun is seen through."""
        async with HttpxAiohttpClient(base_url=self.running.api, timeout=5, trust_env=False) as http:
            await asyncio.gather(*(self._work(http, region, stop) for region in self.regions))

    async def _work(self, http: httpx.AsyncClient, region: str, stop: asyncio.Event) -> None:
        while not stop.is_set():
            waiting = await self._waiting(http, region)
            for referral in waiting:
                if not stop.is_set():
                    await self._decide(http, region, referral)
            if not waiting:
                await asyncio.sleep(PAUSE)

    async def _waiting(self, http: httpx.AsyncClient, region: str) -> list[dict[str, Any]]:
        asked = {"region": region, "status": "AWAITING_SCREENING", "limit": "50"}
        answer = await self._ask(http, region, "GET", "/api/cases/v1/referrals", params=asked)
        return [] if answer is None else list(answer.json()["items"])

    async def _decide(self, http: httpx.AsyncClient, region: str, referral: dict[str, Any]) -> None:
        reference = referral["reference"]
        wanted = decision_about(reference)
        path = f"/api/cases/v1/referrals/{referral['id']}/screening"
        headers = {"If-Match": f'"{referral["version"]}"', "Idempotency-Key": reference}
        while True:
            answer = await self._ask(http, region, "POST", path, headers=headers, json=DECISIONS[wanted])
            if answer is not None:
                if answer.is_success:
                    self.ledger.decisions[reference] = answer.json()["status"]
                return
            await asyncio.sleep(PAUSE)

    async def _ask(
        self, http: httpx.AsyncClient, region: str, method: str, path: str, **request: Any
    ) -> httpx.Response | None:
        """The answer; None when it is to be asked again. What is refused for good is counted."""
        own = {
            "Authorization": f"Bearer {self.running.token('coordinator', region)}",
            "X-Purpose": "case-work",
        }
        headers = own | request.pop("headers", {})
        try:
            answer = await http.request(method, path, headers=headers, **request)
        except (httpx.HTTPError, aiohttp.ClientError, OSError):
            return None
        if answer.status_code in AGAIN:
            return None
        if not answer.is_success:
            self.refused[f"{method} {answer.status_code} {answer.json().get('type', '')}"] += 1
            return None if method == "GET" else answer
        return answer
