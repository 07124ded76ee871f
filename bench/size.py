"""`python -m bench.size`: what reading costs with few cases and with many, in one run.

A register is filled by `turvavork seed`, measured, made larger by copies, and measured again. A copy has ids,
references and keys of the blind index of its own, so that every index grows as it would; what is sealed in it
is never opened. Beside rates and waits each row tells the CPU of each program, and the blocks and rows that
PostgreSQL read for an answer: these hold on a busy machine, too.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from itertools import cycle
from pathlib import Path
from typing import Annotated, Any, Final

import aiohttp
import asyncpg
import typer

from bench import copies, cpu, load, running
from bench.load import Ask
from bench.results import Results, row
from services.cases import catalog as published
from services.kit import keys
from services.kit.tokens import ServiceSigner
from system.demo.run import development_tokens
from system.options import Options
from system.ports import free_port
from system.run import System
from system.seeding import nation, place
from system.seeding.nation import Story

LAST: Final = date(2026, 11, 29)
_SEED: Final = 1
_OK: Final = 200
_BLOCKS: Final = """
    select blks_hit + blks_read as blocks, tup_fetched as rows from pg_stat_database
    where datname = current_database()
"""
#: The logs are in order, and repeats and scores are found: nothing is done meanwhile but what is measured.
_WAITING: Final = """
    select (select count(*) from event_pending) + (select count(*) from audit_pending)
        + (select count(*) from referral where repeats_state = 'waiting')
"""
NAMES: Final = ("read of a case", "list of 50", "search by code", "inbox", "event feed, 100")
_CONNECTIONS: Final = 16


class Readers:
    """Who asks: coordinators and chairs of all regions, so that no budget is used up."""

    def __init__(self, system: System, told: Sequence[Story]) -> None:
        self.told = [each for each in told if each.fate.is_case and each.victim.code is not None]
        self._token = development_tokens(system.layout.keys)
        signer = ServiceSigner("exchange", keys.load_signing(system.layout.keys, "exchange"))
        self._feed = lambda: signer.token("cases", "service:exchange", "delivery")
        self.base = f"{system.api_url}/api/cases/v1"

    def headers(self, region: str, role: str = "coordinator") -> dict[str, str]:
        """Of somebody of a region, for case work."""
        return {"Authorization": f"Bearer {self._token(role, region)}", "X-Purpose": "case-work"}

    async def ids(self) -> list[tuple[str, str]]:
        """Cases of each region that were made by the seed, the newest: region and id."""
        found = []
        async with aiohttp.ClientSession() as session:
            for story in self.told[-400:]:
                asked = {"reason": "meeting-preparation", "reference": story.reference}
                who = self.headers(story.region, "coordinator")
                async with session.post(f"{self.base}/searches", json=asked, headers=who) as answer:
                    if answer.status == _OK:
                        found += [(story.region, (await answer.json())["items"][0]["caseId"])]
        return found

    def reads(self, ids: Sequence[tuple[str, str]]) -> Iterator[Ask]:
        """Cases whole, with everybody in them."""
        for region, case in cycle(ids):
            yield self._get(f"/cases/{case}", self.headers(region), b"personalCode")

    def lists(self, regions: Sequence[str]) -> Iterator[Ask]:
        """The first fifty cases of a region."""
        for region in cycle(regions):
            yield self._get("/cases?limit=50", self.headers(region), b"openedOn")

    def inboxes(self, regions: Sequence[str]) -> Iterator[Ask]:
        """What waits for the coordinator."""
        for region in cycle(regions):
            yield self._get("/duties?limit=50", self.headers(region), b"items")

    def events(self, epoch: str, last: int) -> Iterator[Ask]:
        """A hundred events from somewhere in the feed."""
        for step in cycle(range(97)):
            after = f"{epoch}.{last * step // 97}"
            who = {"Authorization": f"Bearer {self._feed()}", "X-Purpose": "delivery"}
            yield self._get(f"/events?after={after}&limit=100", who, b"specversion")

    def searches(self) -> Iterator[Ask]:
        """A victim by code, each by a chair of the region, who has made no search before."""
        for story in self.told[:400]:
            asked = {"reason": "new-incident", "personalCode": story.victim.code}
            yield self._post("/searches", asked, self.headers(story.region, "chair"), b"personId")

    def _get(self, path: str, who: dict[str, str], word: bytes) -> Ask:
        async def get(session: aiohttp.ClientSession) -> str:
            async with session.get(self.base + path, headers=who) as answer:
                return "read" if answer.status == _OK and word in await answer.read() else ""

        return get

    def _post(self, path: str, body: dict[str, Any], who: dict[str, str], word: bytes) -> Ask:
        async def post(session: aiohttp.ClientSession) -> str:
            async with session.post(self.base + path, json=body, headers=who) as answer:
                return "read" if answer.status == _OK and word in await answer.read() else ""

        return post


async def _blocks(connection: asyncpg.Connection) -> tuple[int, int]:
    [told] = await connection.fetch(_BLOCKS)
    return told["blocks"], told["rows"]


async def measure(results: Results, system: System, told: Sequence[Story], size: int, seconds: float) -> None:
    """All operations at one size."""
    readers = Readers(system, told)
    regions = sorted({each.region for each in readers.told})
    async with running.database(system, "cases") as connection:
        await connection.execute("delete from search_count")
        await connection.execute("vacuum analyze")
        epoch = await connection.fetchval("select epoch from log_epoch order by number desc limit 1")
        last = await connection.fetchval("select max(position) from event_position")
        ids = await readers.ids()
        asked = (
            readers.reads(ids),
            readers.lists(regions),
            readers.searches(),
            readers.inboxes(regions),
            readers.events(epoch, last),
        )
        for name, asks in zip(NAMES, asked, strict=True):
            before, used = await _blocks(connection), cpu.used(system)
            found = await load.closed_loop(asks, _CONNECTIONS, seconds)
            await asyncio.sleep(1.5)  # statistics of the server come with a delay
            after, done = await _blocks(connection), max(1, len(found.latencies))
            spent = {
                key: value for key, value in cpu.per_answer(used, cpu.used(system), done).items() if value
            }
            results.add(
                row(
                    f"{name}, {size} cases",
                    found,
                    cpu_ms=spent,
                    blocks=round((after[0] - before[0]) / done),
                    rows=round((after[1] - before[1]) / done),
                )
            )


@asynccontextmanager
async def started(data: Path) -> AsyncIterator[System]:
    """The system at rest: everything that was told is sequenced, and found again."""
    async with System(Options(data, free_port(), free_port(), tls=False), lambda _: None) as system:
        async with running.database(system, "cases") as connection:
            await connection.execute("analyze")
            while await connection.fetchval(_WAITING):  # noqa: ASYNC110 - other processes move them
                await asyncio.sleep(0.5)
        yield system


async def _both(results: Results, data: Path, told: Sequence[Story], times: int, seconds: float) -> None:
    small = len(told)
    async with started(data) as system:
        await measure(results, system, told, small, seconds)
        if times == 1:
            return
        async with running.database(system, "cases") as connection:
            await copies.grow(connection, times)
    async with started(data) as system:
        await measure(results, system, told, small * times, seconds)
    for name in NAMES:
        _compare(results, name, small, small * times)


def _compare(results: Results, name: str, small: int, large: int) -> None:
    of = {each["name"]: each for each in results.rows}
    few, many = of[f"{name}, {small} cases"], of[f"{name}, {large} cases"]
    results.add(
        {
            "name": f"{name}: large / small",
            "ratio": round(many["p99_ms"] / few["p99_ms"], 2),
            "slower": round(few["per_second"] / many["per_second"], 2),
            "told": {key: round(many[key] / max(1, few[key]), 2) for key in ("blocks", "rows")},
        }
    )


def main(
    cases: Annotated[int, typer.Option(help="How many cases the seed makes.")] = 10_000,
    times: Annotated[int, typer.Option(help="How many times as large the register is then made.")] = 100,
    seconds: Annotated[float, typer.Option(help="Length of each measurement.")] = 15,
) -> None:
    """Measure a read, a list of 50, a search, the inbox and the event feed, with few and with many cases."""
    results = Results(seconds=seconds, cases=cases, times=times)
    with tempfile.TemporaryDirectory(prefix="turvavork-size-") as folder:
        data = Path(folder) / "data"
        place.seed(cases, _SEED, LAST.isoformat(), data)
        told = nation.stories(cases, _SEED, sorted(published.load().regions_on(LAST)), LAST)
        asyncio.run(_both(results, data, told, times, seconds))
    results.show()


if __name__ == "__main__":
    typer.run(main)
