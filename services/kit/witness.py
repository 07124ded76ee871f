"""Sends the newest checkpoint of each log to a witness: somebody else's copy, against who holds our key.

A witness may be away as long as it likes: checkpoints stay in the database, the newest stands for all before
it, and what it has is asked again when it is back. Nothing waits for it.
"""

import asyncio
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from services.kit import bundle, log, logtree
from services.kit.checkpoint import Checkpoint
from services.kit.db import Database
from services.kit.problem import UpstreamUnavailable
from services.kit.stopping import pause

PERIOD_SECONDS: Final = 1.0
LONGEST_BACK_OFF_SECONDS: Final = 60.0
_TAIL: Final = 4096  # more than a checkpoint of ours
_log = log.get_logger(__name__)


class WitnessAwayError(Exception):
    """The witness did not take a checkpoint now; the message says why."""


class WitnessRefusesError(WitnessAwayError):
    """The witness says that the log is not the one it knows: somebody must look at once."""


class Source(Protocol):
    """A log whose checkpoints are witnessed."""

    async def note(self) -> str | None:
        """The newest signed checkpoint; None before there is one."""
        ...

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        """The proof that the log of the newer size begins with that of the older."""
        ...


class Witness(Protocol):
    """Who keeps checkpoints where we cannot change them."""

    async def take(self, source: Source, note: str) -> None:
        """Takes a checkpoint, any number of times; WitnessAwayError."""
        ...


class OwnLog:
    """A log in the service's own database."""

    def __init__(self, database: Database, name: str) -> None:
        self._database, self._name = database, name

    async def note(self) -> str | None:
        """As ``Source`` says."""
        head = await logtree.newest_head(self._database.look, self._name)
        return None if head is None else head.note

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        """As ``Source`` says."""
        return await logtree.consistency_proof(self._database.look, old, new, self._name)


class FileWitness:
    """A folder on a machine that others keep: a file for each log and epoch, which is only added to.

    The file is what ``turvavork verify --witness`` reads (``kit.bundle``).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def take(self, source: Source, note: str) -> None:  # noqa: ARG002 - the verifier looks, not the file
        """As ``Witness`` says; what is there last is not written again."""
        try:
            await asyncio.to_thread(self._add, note)
        except OSError as error:
            raise WitnessAwayError(error.strerror or type(error).__name__) from None

    def path(self, origin: str) -> Path:
        """The file of a log: its origin, with - for /."""
        return self._folder / f"{origin.replace('/', '-')}.jsonl"

    def _add(self, note: str) -> None:
        origin = Checkpoint.parse(note.rpartition("\n\n")[0] + "\n").origin
        line = bundle.checkpoint_line(note.encode())
        self._folder.mkdir(parents=True, exist_ok=True)
        with self.path(origin).open("ab+", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # of another worker, until it is closed
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - _TAIL))
            tail = file.read(_TAIL)
            if tail.endswith(line):
                return
            begun = len(tail) - (tail.rfind(b"\n") + 1)  # of a line in which a worker was killed
            file.truncate(end - begun)
            file.write(line if end > begun else bundle.header_line(origin) + line)
            os.fsync(file.fileno())


class Watch:
    """Brings the newest checkpoints of some logs to one witness, until it is told to stop."""

    def __init__(
        self, witness: Witness, sources: Sequence[Source], *, period: float = PERIOD_SECONDS
    ) -> None:
        self._witness, self._period = witness, period
        self._taken: dict[Source, str | None] = dict.fromkeys(sources)

    async def run(self, stop: asyncio.Event) -> None:
        """Works until ``stop``; a witness that is away is asked again, less and less often."""
        back_off = self._period
        while not stop.is_set():
            try:
                await self.step()
                back_off = self._period
            except (WitnessAwayError, UpstreamUnavailable) as error:
                back_off = min(2 * back_off, max(self._period, LONGEST_BACK_OFF_SECONDS))
                say = _log.critical if isinstance(error, WitnessRefusesError) else _log.warning
                say("witness-away", cause=type(error).__name__, delay_ms=round(back_off * 1000))
            await pause(stop, back_off)

    async def step(self) -> int:
        """Brings what is new; how many checkpoints that were. One log that fails does not hold up another."""
        count, failure = 0, None
        for source, taken in self._taken.items():
            try:
                note = await source.note()
                if note is not None and note != taken:
                    await self._witness.take(source, note)
                    self._taken[source] = note
                    count += 1
            except (WitnessAwayError, UpstreamUnavailable) as error:
                failure = error
        if failure is not None:
            raise failure
        return count
