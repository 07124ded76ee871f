"""What a meeting says of a case is written down, and closed by the chair."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.actions.agenda import MACHINE as ITEM
from services.cases.actions.agenda import Agendas
from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.participants import Participants
from services.cases.catalog import Catalog
from services.cases.model.agenda import AgendaItem, ItemState, Outcome
from services.cases.model.discussions import Discussion, DiscussionState, Said
from services.cases.model.problems import MeetingNotYet, TransitionRefused
from services.cases.rules import agenda as agendas
from services.cases.rules import discussions as rules
from services.cases.rules import lifecycle
from services.cases.store import agenda, discussions
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion

MACHINE: Final = "discussion"
REOPEN: Final = "reopen"
_CLASSES: Final = ("basic", "narrative", "risk")


@dataclass(frozen=True, slots=True)
class Discussions:
    """Records of discussions, within the caller's transaction; who has not signed reads and writes none."""

    catalog: Catalog
    casework: Casework
    agendas: Agendas
    participants: Participants

    async def one(self, work: Work, item_id: UUID, version: int | None) -> tuple[Discussion, OnCase]:
        """The record of a case at a meeting; NotFound when there is none, ConfidentialityUnsigned."""
        item, _ = await self.agendas.one(work, item_id)
        await self.participants.check_signed(work, item.meeting)
        on = await self.casework.seen(work, item.case)
        found = await discussions.one(work, on.key, item_id, version)
        if found is None:
            raise NotFound
        return found, on

    async def write(self, work: Work, item_id: UUID, said: Said, expected: int | None) -> None:
        """The first version, or one beside the earlier ones.

        Raises Malformed, ConfidentialityUnsigned, PreconditionRequired and StaleVersion, MeetingNotYet, and
        TransitionRefused when the chair has closed the record or the case is not discussed.
        """
        rules.check_said(said, self.catalog.agencies)
        item, on, found = await self._held(work, item_id)
        if item.state is ItemState.TAKEN_OFF:
            raise TransitionRefused
        if found is None:
            await self._begin(work, on, item, said, expected)
            return
        if expected is None:
            raise PreconditionRequired
        if found.last != expected:
            raise StaleVersion
        if found.state is not DiscussionState.DRAFT:
            raise TransitionRefused
        await discussions.follow(work, on.key, item, found.last, said)
        work.audit("update", [item_id, on.id], _CLASSES, on.decision)

    async def close(
        self, work: Work, item_id: UUID, outcome: Outcome, review_on: date | None, expected: int
    ) -> None:
        """The chair says that it was so, and what follows; the case has been discussed on that day.

        Raises Malformed, NotFound, StaleVersion, TransitionRefused, ConfidentialityUnsigned.
        """
        item, on, found = await self._held(work, item_id)
        found = _written(found, expected)
        if item.state is ItemState.TAKEN_OFF:
            raise TransitionRefused
        rules.check_follows(outcome, review_on, item.meets_on)
        step = lifecycle.step(self.catalog.lifecycles[MACHINE], item_id, found.state.value, "close")
        await discussions.move(work, item_id, DiscussionState(step.target))
        await agenda.move(work, item, ItemState.DISCUSSED, follows=(outcome, review_on))
        if item.state is ItemState.ON:
            discussed = lifecycle.step(self.catalog.lifecycles[ITEM], item_id, item.state.value, "discuss")
            await self.casework.step(work, on, discussed)
        await self.casework.step(work, on, step)

    async def reopen(self, work: Work, item_id: UUID, reason: str, expected: int) -> None:
        """The chair lets the record be corrected; raises as :meth:`close`."""
        agendas.check_reason("/reason", reason, self.catalog.meetings.reasons["reopen-discussion"])
        _, on, found = await self._held(work, item_id)
        found = _written(found, expected)
        machine = self.catalog.lifecycles[MACHINE]
        step = lifecycle.step(machine, item_id, found.state.value, REOPEN, reason)
        await discussions.move(work, item_id, DiscussionState(step.target))
        await self.casework.step(work, on, step)

    async def _begin(
        self, work: Work, on: OnCase, item: AgendaItem, said: Said, expected: int | None
    ) -> None:
        if expected is not None:
            raise StaleVersion
        if item.meets_on > local_date(work.now):
            raise MeetingNotYet
        step = lifecycle.begun(self.catalog.lifecycles[MACHINE], item.id, "write")
        await discussions.begin(work, on.key, item, step.target, said)
        await self.casework.step(work, on, step, _CLASSES)

    async def _held(self, work: Work, item_id: UUID) -> tuple[AgendaItem, OnCase, Discussion | None]:
        item, on = await self.agendas.held(work, item_id)
        await self.participants.check_signed(work, item.meeting)
        return item, on, await discussions.one(work, on.key, item_id)


def _written(found: Discussion | None, expected: int) -> Discussion:
    if found is None:
        raise NotFound
    if found.last != expected:
        raise StaleVersion
    return found
