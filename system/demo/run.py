"""The whole demo against a running system."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console

from services.kit.keys import load_issuer
from services.kit.tokens import AccessTokenIssuer
from services.kit.tokens.signing import DEVELOPMENT_ISSUER
from system import samples
from system.demo import figures, play, show
from system.demo.client import FrontEnd, Tokens
from system.ports import LOOPBACK
from system.run import System

_TIMEOUT: Final = httpx.Timeout(60.0)
WIDTH: Final = 118  # a reference is of use only whole


def development_tokens(keys: Path) -> Tokens:
    """Tokens of the development members, whose appointments `turvavork seed` makes."""
    issuer = AccessTokenIssuer(DEVELOPMENT_ISSUER, load_issuer(keys, "development"))

    def token(role: str, region: str | None) -> str:
        return issuer.issue(f"dev:{role}:{region or ''}:")

    return token


async def run(api: str, simulator: str, keys: Path, console: Console, say: Callable[[str], None]) -> None:
    """Plays the samples and prints what became of them; running it again changes nothing.

    Args:
        api: address of the API listener.
        simulator: address of the simulated security server.
        keys: folder of the key files.
        console: where the tables go.
        say: one line of progress.

    Raises UnexpectedAnswer when the system does not do what the demo shows.
    """
    messages = samples.messages()
    regions = sorted({message["referral"]["region"] for message in messages})
    async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as http:
        front = FrontEnd(http, api, development_tokens(keys))
        say(f"POLIS and STAR send {len(messages)} sample referrals through the X-Road listener")
        sent = await play.send(http, simulator, messages)
        references = {each.reference for each in sent}
        waiting = await play.scored(front, regions, references)
        accepted = await play.screen(front, waiting, references)
        say(f"coordinators screened {accepted} of them; waiting for notices and figures")
        notices = await play.delivered(front, references)
        await figures.settled(front, len(messages))
        show.referrals(console, sent, await play.read(front, regions), notices)
        show.people_served(console, await figures.people_served(front))
        show.discrepancies(console, await figures.discrepancies(front))


async def of_system(system: System) -> None:
    """The demo of a system that has just come up."""
    simulator = system.child("simulator").port
    say = system.progress
    await run(system.api_url, f"http://{LOOPBACK}:{simulator}", system.layout.keys, Console(width=WIDTH), say)
