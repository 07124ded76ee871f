"""Where the data go: the database that settings name, or the one in a data folder that is at rest."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final

import uvloop

from services.cases.app.names import NAME
from services.cases.settings import Settings
from services.kit import keys, log
from services.kit.calendar import local_date, parse_date
from services.kit.clock import SystemClock
from system import databases, environment, state
from system.postgres import Cluster
from system.seeding import nation, register

Say = Callable[[str], None]
_EVERY: Final = 1_000


def seed(cases: int, number: int, last: str | None, data: Path) -> str:
    """Tells so many stories to an empty register, the last of today if no day is named; the truths as JSON.

    Raises PermissionError where it is no development system, or the register is not empty: invented people
    never come among real ones. InUseError when a system runs on the data folder.
    """
    log.configure("seed", "warning", stream=sys.stderr)
    day = local_date(SystemClock().now()) if last is None else parse_date(last)
    with _settings(data.resolve()) as settings:
        truths = uvloop.run(fill(settings, cases, number, day, _progress))
    return json.dumps(truths, indent=1)


async def fill(settings: Settings, cases: int, number: int, last: date, say: Say) -> dict[str, object]:
    """The same for a database that is there and migrated."""
    if not settings.development:
        raise PermissionError("invented people go into a development system alone: TURVAVORK_DEVELOPMENT")
    async with register.opened(settings) as told_to:
        if await told_to.is_used():
            raise PermissionError("the register is not empty: choose another data folder or database")
        regions = sorted(told_to.parts.catalog.regions_on(last))
        stories = nation.stories(cases, number, regions, last)
        after = _EVERY
        async for told in told_to.tell(stories):
            if told >= after:
                say(f"{told} of {cases} referrals")
                after = told + _EVERY
    return {"seed": number, "last": last.isoformat(), **nation.truths(stories)}


def _progress(step: str) -> None:
    sys.stderr.write(f"{step}\n")


@contextmanager
def _settings(data: Path) -> Iterator[Settings]:
    if environment.service_is_external(NAME):
        yield Settings()
        return
    with state.only_one(data), Cluster(data / "postgres") as cluster:
        keys.ensure(data / "keys")
        asyncio.run(databases.prepare(cluster.admin_url, NAME, cluster.passwords))
        databases.migrate(NAME, cluster.url(NAME, f"{NAME}_owner"))
        url = cluster.url(NAME, f"{NAME}_app")
        yield Settings(database_url=url, keys=data / "keys", development=True)
