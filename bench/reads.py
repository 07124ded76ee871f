"""How many audited reads of a referral are answered in a second."""

from itertools import cycle

import aiohttp

from bench import load
from bench.load import Ask
from bench.results import Results, row
from system.demo.run import development_tokens
from system.run import System

_OK = 200


async def whole_referrals(results: Results, system: System, seconds: float) -> None:
    """Referrals with everybody in them, through the gateway, by a coordinator."""
    token = development_tokens(system.layout.keys)("coordinator", "polva")
    headers = {"Authorization": f"Bearer {token}", "X-Purpose": "case-work"}
    base = f"{system.api_url}/api/cases/v1/referrals"
    async with aiohttp.ClientSession(headers=headers) as session, session.get(f"{base}?limit=50") as answer:
        ids = [each["id"] for each in (await answer.json())["items"]]

    def ask(url: str) -> Ask:
        async def get(session: aiohttp.ClientSession) -> str:
            async with session.get(url, headers=headers) as answer:
                whole = answer.status == _OK and b"personalCode" in await answer.read()
                return "read" if whole else ""

        return get

    asks = (ask(f"{base}/{each}") for each in cycle(ids))
    found = await load.closed_loop(asks, 16, seconds)
    results.add(row("audited reads of a referral, closed loop 16", found))
