"""Sending nothing to a partner for a while, and going on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.exchange.model.outbox import PauseReason
from services.exchange.model.problems import AlreadyPaused, PauseEnded
from services.exchange.store import depths, outbox, pauses, statistics
from services.exchange.store.depths import Depth
from services.exchange.store.pauses import Pause
from services.exchange.store.statistics import Deliveries, Failed
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.problem import NotFound

#: What waits is spread over this time, so that not all comes in one moment.
_SPREAD: Final = timedelta(seconds=3)
_CHANGED: Final = ("technical",)


@dataclass(frozen=True, slots=True)
class Figures:
    """How the deliveries to one partner go."""

    partner: str
    delivered: Deliveries
    tries: int
    failures: Sequence[Failed]
    now: Depth
    pause: Pause | None


async def latest(work: Work, *, only_open: bool, limit: int) -> Sequence[Pause]:
    """Pauses, the latest first."""
    return await pauses.latest(work, only_open=only_open, limit=limit)


async def one(work: Work, pause_id: UUID) -> Pause:
    """A pause; NotFound."""
    found = await pauses.find(work, pause_id)
    if found is None:
        raise NotFound
    return found


async def pause(work: Work, partner: str, reason: PauseReason) -> UUID:
    """No try begins from the commit on; those under way end. Raises AlreadyPaused."""
    pause_id = new_id()
    if not await pauses.begin(work, pause_id, partner, reason.value):
        raise AlreadyPaused
    work.audit("create", [pause_id], _CHANGED, client=partner)
    return pause_id


async def resume(work: Work, pause_id: UUID) -> None:
    """What waits goes at once, in its order; NotFound, PauseEnded."""
    found = await one(work, pause_id)
    if not await pauses.end(work, pause_id):
        raise PauseEnded
    await outbox.bring_forward(work, found.partner, most=None, spread=_SPREAD)
    work.audit("update", [pause_id], _CHANGED, client=found.partner)


async def figures(work: Work, partners: Sequence[str], since: datetime, until: datetime) -> list[Figures]:
    """Of each partner, also of one to whom nothing was sent."""
    sent = await statistics.deliveries(work, since, until)
    tried = await statistics.tries(work, since, until)
    failed = await statistics.failures(work, since, until)
    depth = dict(await depths.of_outbox(work))
    paused = {each.partner: each for each in await pauses.latest(work, only_open=True, limit=1000)}
    return [
        Figures(
            partner,
            sent.get(partner, Deliveries()),
            tried.get(partner, 0),
            failed.get(partner, ()),
            depth.get(partner, Depth(0, 0.0)),
            paused.get(partner),
        )
        for partner in dict.fromkeys((*partners, *sorted({*sent, *tried, *depth})))
    ]
