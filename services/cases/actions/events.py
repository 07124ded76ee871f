"""The feed: what follows a cursor, at once or when it comes."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from services.cases.model.problems import EpochEnded
from services.cases.store import events
from services.cases.store.events import Arrivals, Told
from services.kit.db import Database, Work
from services.kit.policy import Permit
from services.kit.sequencer import Cursor, current_epoch

T = TypeVar("T")
_BEFORE_ALL: Final = -1
_LOOK_AGAIN: Final = 1.0  # seconds; should the news of an arrival get lost


class Feed:
    """Reads the feed; nobody who waits holds a connection."""

    def __init__(self, database: Database, arrivals: Arrivals, clock: Callable[[], float]) -> None:
        """``clock``: monotonic seconds."""
        self._database = database
        self._arrivals = arrivals
        self._clock = clock

    async def after(  # noqa: PLR0913 - the words of one question
        self,
        permit: Permit,
        request_id: str,
        *,
        cursor: Cursor | None,
        most: int,
        wait: float,
        answer: Callable[[Work, str, Sequence[Told]], Awaitable[T]],
    ) -> T:
        """Up to ``most`` events after a cursor (None: all), waiting up to ``wait`` seconds for the first.

        ``answer`` makes the answer, within the transaction that read them. Raises EpochEnded for a cursor of
        another epoch.
        """
        until = self._clock() + wait
        while True:
            news = self._arrivals.next()
            async with self._database.work(permit, request_id) as work:
                epoch = await current_epoch(work.conn)
                if cursor is not None and cursor.epoch != epoch:
                    raise EpochEnded
                position = cursor.position if cursor else _BEFORE_ALL
                found = await events.after(work, position, most)
                left = until - self._clock()
                if found or left <= 0:
                    return await answer(work, epoch, found)
            await news.wait(min(left, _LOOK_AGAIN))
