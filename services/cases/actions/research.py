"""Agencies are asked what they know about the people of a case, and answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.cases.actions.agenda import Agendas
from services.cases.actions.casework import Casework, OnCase
from services.cases.catalog import Catalog
from services.cases.model.agenda import ItemState
from services.cases.model.dossiers import Reach
from services.cases.model.problems import TransitionRefused
from services.cases.model.research import Answered, AskedAbout, Opened, Request, ResearchState
from services.cases.rules import lifecycle
from services.cases.rules import research as rules
from services.cases.store import dossiers, research
from services.cases.store.opening import Opener
from services.cases.store.research import Filters
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.paging import Page, Place, page_of
from services.kit.policy import Decision
from services.kit.problem import NotFound, StaleVersion
from services.kit.sealed import KeyRing

MACHINE: Final = "research"
_CLASSES: Final = ("basic", "identity")


@dataclass(frozen=True, slots=True)
class Research:
    """Questions to agencies, within the caller's transaction."""

    catalog: Catalog
    ring: KeyRing
    casework: Casework
    agendas: Agendas

    async def ask(self, work: Work, item_id: UUID, agencies: Sequence[str]) -> None:
        """Asks agencies about the people of a case that is on an agenda; who was asked before is not again.

        They are told who it is, and nothing of the story. Raises Malformed, NotFound, and TransitionRefused
        for a case that was discussed or taken off.
        """
        rules.check_agencies(agencies, self.catalog.agencies)
        item, on = await self.agendas.held(work, item_id)
        if item.state is not ItemState.ON:
            raise TransitionRefused
        meeting = (await self.agendas.meetings.seen(work, item.meeting)).meeting
        due_on = max(meeting.research_due_on, local_date(work.now))
        people = await self._people(work, on)
        for agency in agencies:
            made = new_id()
            if await research.ask(work, made, item, agency, due_on, people, on.key):
                step = lifecycle.begun(self.catalog.lifecycles[MACHINE], made, "ask")
                await self.casework.step(work, on, step, _CLASSES)

    async def of_item(self, work: Work, item_id: UUID) -> tuple[Sequence[Request], Decision]:
        """The questions about a case for one meeting."""
        _, decision = await self.agendas.one(work, item_id)
        return await research.of_item(work, item_id), decision

    async def one(self, work: Work, request_id: UUID) -> tuple[Opened, Decision]:
        """One question; NotFound when it is not there, or not the caller's."""
        return _allowed(work, await research.one(work, self.ring, request_id))

    async def answer(self, work: Work, request_id: UUID, answered: Answered, expected: int) -> None:
        """An agency tells what it knows, or that it knows nothing; a later answer stands beside the first.

        Raises Malformed, NotFound, StaleVersion, TransitionRefused.
        """
        rules.check_answer(answered)
        opened, decision = _allowed(work, await research.one(work, self.ring, request_id, lock=True))
        request = opened.request
        if request.version != expected:
            raise StaleVersion
        machine, action = self.catalog.lifecycles[MACHINE], rules.ACTIONS[answered.known]
        step = lifecycle.step(machine, request.id, request.state.value, action)
        await research.answer(work, opened, ResearchState(step.target), answered.known, answered.text)
        on = OnCase(opened.case, opened.key, decision)
        await self.casework.step(work, on, step, ("basic", "narrative"))

    async def listed(
        self, work: Work, filters: Filters, after: Place | None, most: int
    ) -> tuple[Page[Request], tuple[Decision, ...]]:
        """A page of questions; the same filter as a single read."""
        rows = await research.listed(work, filters, after, most + 1)
        page = page_of(rows, most, lambda row: Place(row.due_on, row.id))
        return page, tuple(work.permit.on(_reach(each).resource()) for each in page.items)

    async def _people(self, work: Work, on: OnCase) -> Sequence[AskedAbout]:
        opener = Opener(self.ring)
        parts = [
            opener.part(part) for part in await dossiers.in_case(work, on.id) if part.role in rules.ABOUT
        ]
        return [
            AskedAbout(
                part.role, part.identity.given_name, part.identity.family_name, part.identity.birth_date
            )
            for part in parts
        ]


def _allowed(work: Work, found: Opened | None) -> tuple[Opened, Decision]:
    if found is None:
        raise NotFound
    own, reach = _reach(found.request), found.case.reach
    return found, work.permit.on(Reach(own.region, own.agencies, reach.state, reach.bars).resource())


def _reach(request: Request) -> Reach:
    """An agency sees what it was asked itself; whom the case is closed to is the statement's to say."""
    return Reach(request.region, frozenset({f"{request.agency}@{request.region}"}), "open")
