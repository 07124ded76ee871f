"""`turvavork status`: who runs, and how they are."""

import asyncio
import os
from pathlib import Path

from rich.console import Console
from rich.table import Table

from system import probe, state
from system.state import ProgramState

WELL = 200


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
    return all(word in {"ready", "runs"} for word in health.values())


async def _health(programs: list[ProgramState]) -> dict[str, str]:
    words = await asyncio.gather(*(_word(each) for each in programs))
    return {each["name"]: word for each, word in zip(programs, words, strict=True)}


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
