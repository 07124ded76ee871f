"""The event log: written with the change that it tells of, read by position."""

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.cases.model.codes import EventType
from services.cases.model.ids import CaseId, EventId
from services.cases.model.referral import Event
from services.kit import log, outage
from services.kit.db import Database, Work
from services.kit.ids import new_id
from services.kit.problem import UpstreamUnavailable

CHANNEL = "event_position"
_PAUSE = 0.5
_log = log.get_logger(__name__)

_NEXT = text("update stream set version = version + :count where id = :id returning version")
_APPEND = text("""
    insert into event (id, stream, stream_version, type, occurred_at, recorded_at, data)
    values (:id, :stream, :stream_version, :type, :occurred_at, :recorded_at, cast(:data as jsonb))
""")
_AFTER = text("""
    select p.position, e.id, e.stream, e.stream_version, e.type, e.occurred_at, cast(e.data as text) as data
    from event_position p join event e on e.id = p.event_id
    where p.position > :position order by p.position limit :most
""")
_BY_ID = text("""
    select e.id, e.stream, e.stream_version, e.type, e.occurred_at, cast(e.data as text) as data
    from event e where e.id = :id
""")


@dataclass(frozen=True, slots=True)
class Told:
    """An event with its place in the feed."""

    position: int
    event: Event


async def append(work: Work, stream: CaseId, news: Sequence[tuple[EventType, Mapping[str, object]]]) -> None:
    """Writes events of a stream in order; the stream's row lock makes its versions dense."""
    if not news:
        return
    last = (await work.conn.execute(_NEXT, {"count": len(news), "id": stream})).scalar_one()
    first = last - len(news) + 1
    rows = [
        {
            "id": new_id(),
            "stream": stream,
            "stream_version": version,
            "type": kind.value,
            "occurred_at": work.now,
            "recorded_at": work.now,
            "data": json.dumps(data),
        }
        for version, (kind, data) in enumerate(news, first)
    ]
    await work.conn.execute(_APPEND, rows)


async def after(work: Work, position: int, most: int) -> Sequence[Told]:
    """The events that follow a position, in the order of the feed."""
    rows = await work.conn.execute(_AFTER, {"position": position, "most": most})
    return [Told(row.position, _event(row)) for row in rows]


async def by_id(work: Work, event: UUID) -> Event | None:
    """One event."""
    row = (await work.conn.execute(_BY_ID, {"id": event})).one_or_none()
    return None if row is None else _event(row)


def _event(row: Any) -> Event:  # noqa: ANN401 - a row of the two queries above
    data: dict[str, object] = json.loads(row.data)
    return Event(
        EventId(row.id), CaseId(row.stream), row.stream_version, EventType(row.type), row.occurred_at, data
    )


class News:
    """One coming of news: whoever waits is woken once."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Returns when there may be news, at the latest after some seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()

    def wake(self) -> None:
        """Wakes those who wait."""
        self._event.set()


class Arrivals:
    """Wakes those who wait for events: one listening connection per process, however many wait."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._news = News()

    def next(self) -> News:
        """What to wait for; ask for it before looking, so that nothing falls between."""
        return self._news

    async def run(self) -> None:
        """Listens until cancelled; a lost connection is replaced."""
        while True:
            try:
                await self._listen()
            except (UpstreamUnavailable, *outage.DRIVER_ERRORS) as error:
                _log.warning("arrivals-not-heard", cause=outage.name_of(error))
                await asyncio.sleep(_PAUSE)

    async def _listen(self) -> None:
        connection = await self._database.dedicated()
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, lambda *_: self._wake())
            self._wake()  # something may have come while nobody listened
            await lost.wait()
        finally:
            connection.terminate()

    def _wake(self) -> None:
        self._news.wake()
        self._news = News()
