"""`turvavork status`: who runs, and how they are."""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from services.kit import keys
from services.kit.tokens import AccessTokenIssuer
from services.kit.tokens.signing import DEVELOPMENT_ISSUER
from system import probe, state
from system.state import ProgramState

WELL = 200
QUEUES = "/api/exchange/v1/messages?limit=100"
ASKED = {
    "referrals that wait for their hand-over": "&direction=in&state=received",
    "messages that wait for their partner": "&direction=out&state=waiting",
    "messages that wait for a person": "&direction=out&state=quarantined",
}


def show(data: Path) -> bool:
    """Print the table; tell whether all are well."""
    console = Console()
    running = state.read(data.resolve())
    if running is None:
        console.print(f"No turvavork runs on {data}.")
        return False
    health = asyncio.run(_health(running["programs"]))
    table = Table("program", "process", "port", "health")
    for each in running["programs"]:
        table.add_row(each["name"], _text(each["pid"]), _text(each["port"]), health[each["name"]])
    console.print(f"{running['api']} (X-Road: {running['xroad']})")
    console.print(table)
    for line in asyncio.run(_queues(running["programs"], data / "keys")):
        console.print(line)
    return all(word in {"ready", "runs"} for word in health.values())


async def _health(programs: list[ProgramState]) -> dict[str, str]:
    words = await asyncio.gather(*(_word(each) for each in programs))
    return {each["name"]: word for each, word in zip(programs, words, strict=True)}


async def _queues(programs: list[ProgramState], keys_folder: Path) -> list[str]:
    """What waits in exchange, if it answers: asked as the development operator."""
    url = {each["name"]: each["url"] for each in programs}.get("exchange")
    try:
        key = keys.load_issuer(keys_folder, "development")
        token = AccessTokenIssuer(DEVELOPMENT_ISSUER, key).issue("dev:operator::")
        headers = {"Authorization": f"Bearer {token}", "X-Purpose": "operations"}
        return [f"{name}: {await _count(f'{url}{QUEUES}{query}', headers)}" for name, query in ASKED.items()]
    except (OSError, keys.KeyFileError):
        return ["exchange does not tell what waits in it"]


async def _count(url: str, headers: Mapping[str, str]) -> str:
    status, body = await probe.get(url, headers=headers)
    if status != WELL:
        raise OSError(f"exchange answers {status}")
    page = json.loads(body)
    return f"{len(page['items'])}{' or more' if page['next'] else ''}"


async def _word(program: ProgramState) -> str:
    if program["pid"] is None or not _lives(program["pid"]):
        return "stopped"
    if program["url"] is None:
        return "runs"
    return "ready" if await probe.answers(f"{program['url']}/readyz") == WELL else "not ready"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it lives, and is another user's
        return True
    return True


def _text(value: int | None) -> str:
    return "" if value is None else str(value)
