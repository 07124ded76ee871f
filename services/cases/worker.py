"""What happens without a caller: logs get their order, referrals their score and what the police tell."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from services.cases.actions.callouts import CallOutAsker
from services.cases.actions.erasing import Eraser
from services.cases.actions.notifying import Notifier
from services.cases.actions.repeats import BATCH, RepeatFinder
from services.cases.actions.scoring import Rescorer
from services.cases.actions.shares import Expiry
from services.cases.actions.unusual import AccessWatch
from services.cases.outbound import RiskScore
from services.kit import log
from services.kit.db import Database
from services.kit.problem import UpstreamUnavailable
from services.kit.sequencer import Sequencer
from services.kit.stopping import pause
from services.kit.witness import Watch

_PAUSE: Final = 0.5
_SECOND: Final = 1.0
_WATCHED: Final = 5.0
_MINUTE: Final = 60.0
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Worker:
    """Any number may run at the same time."""

    database: Database
    sequencer: Sequencer
    rescorer: Rescorer
    riskscore: RiskScore
    opened: Callable[[], Awaitable[None]]
    watches: Sequence[Watch] = ()
    asker: CallOutAsker | None = None
    asked_at_once: int = 0
    finder: RepeatFinder | None = None
    expiry: Expiry | None = None
    notifier: Notifier | None = None
    watch: AccessWatch | None = None
    eraser: Eraser | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Works until ``stop``; raises what it cannot go on with."""
        await self.opened()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.sequencer.run(stop))
                group.create_task(self._rescore(stop))
                for watch in self.watches:
                    group.create_task(watch.run(stop))
                if self.asker is not None and self.asked_at_once:
                    group.create_task(self._ask(self.asker, stop))
                if self.finder is not None:
                    group.create_task(self._find(self.finder, stop))
                if self.expiry is not None:
                    group.create_task(self._expire(self.expiry, stop))
                if self.notifier is not None:
                    group.create_task(self._notify(self.notifier, stop))
                if self.watch is not None:
                    group.create_task(self._watch(self.watch, stop))
                if self.eraser is not None:
                    group.create_task(self._erase(self.eraser, stop))
        finally:
            await self.riskscore.aclose()
            if self.asker is not None:
                await self.asker.police.aclose()
            await self.database.close()

    async def _rescore(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                if await self.rescorer.round():
                    continue
            except UpstreamUnavailable:
                _log.warning("rescoring-without-database")
            await pause(stop, _PAUSE)

    async def _ask(self, asker: CallOutAsker, stop: asyncio.Event) -> None:
        """A round each second, and no more: receiving comes first."""
        while not stop.is_set():
            try:
                await asker.round(self.asked_at_once)
            except UpstreamUnavailable:
                _log.warning("call-outs-without-database")
            await pause(stop, _SECOND)

    async def _find(self, finder: RepeatFinder, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                if await finder.round() == BATCH:
                    continue
            except UpstreamUnavailable:
                _log.warning("repeats-without-database")
            await pause(stop, _PAUSE)

    async def _expire(self, expiry: Expiry, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await expiry.round()
            except UpstreamUnavailable:
                _log.warning("expiry-without-database")
            await pause(stop, _MINUTE)

    async def _notify(self, notifier: Notifier, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await notifier.round()
            except UpstreamUnavailable:
                _log.warning("notifications-without-database")
            await pause(stop, _MINUTE)

    async def _watch(self, watch: AccessWatch, stop: asyncio.Event) -> None:
        """A round in a few seconds: what is out of the ordinary is told within the minute."""
        while not stop.is_set():
            try:
                while await watch.round() and not stop.is_set():
                    pass
            except UpstreamUnavailable:
                _log.warning("watching-without-database")
            await pause(stop, _WATCHED)

    async def _erase(self, eraser: Eraser, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                while await eraser.round() and not stop.is_set():
                    pass
            except UpstreamUnavailable:
                _log.warning("erasing-without-database")
            await pause(stop, _MINUTE)
