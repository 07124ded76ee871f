"""What two persons say of an erasure that our worker has proposed."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.cases.catalog import Catalog
from services.cases.model.problems import TwoPersons
from services.cases.model.retention import CaseHeld, Erasure, NotDue
from services.cases.rules import lifecycle
from services.cases.rules import retention as rules
from services.cases.store import erasures as store
from services.cases.store import retention
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.paging import Page, Place, page_of
from services.kit.policy import Decision
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion
from services.kit.sealed import KeyRing

MACHINE: Final = "erasure"


@dataclass(frozen=True, slots=True)
class Erasures:
    """Reads and decides within the caller's transaction."""

    catalog: Catalog
    ring: KeyRing

    async def page(
        self, work: Work, state: str | None, before: Place | None, most: int
    ) -> tuple[Page[Erasure], list[Decision]]:
        """The erasures that are for the caller, the newest first, each with the decision that shows it."""
        found = await store.page(work, state, before, most + 1)
        page = page_of(found, most, lambda one: Place(local_date(one.erasure.proposed_at), one.erasure.id))
        decisions = [work.permit.on(one.resource) for one in page.items]
        return Page([one.erasure for one in page.items], page.next), decisions

    async def one(self, work: Work, erasure_id: UUID) -> tuple[Erasure, Decision]:
        """One erasure; NotFound where it is not for the caller."""
        return _allowed(work, await store.one(work, erasure_id))

    async def certificate(self, work: Work, erasure_id: UUID) -> tuple[str, Decision]:
        """The certificate of an erasure; NotFound until there is one."""
        erasure, decision = await self.one(work, erasure_id)
        if erasure.certificate is None:
            raise NotFound
        return erasure.certificate, decision

    async def agree(self, work: Work, erasure_id: UUID, expected: int) -> None:
        """The first of two; StaleVersion, TransitionRefused, CaseHeld, NotDue."""
        erasure, decision = await self._locked(work, erasure_id, expected)
        state = self._next(erasure, "agree")
        await self._still(work, erasure)
        await store.agree(work, erasure.id, state)
        work.audit("update", [erasure.id, erasure.case], ["basic"], decision)

    async def approve(self, work: Work, erasure_id: UUID, expected: int) -> None:
        """The second of two: another person, else TwoPersons; also as :meth:`agree`."""
        erasure, decision = await self._locked(work, erasure_id, expected)
        state = self._next(erasure, "approve")
        if not rules.is_second(erasure, work.permit.caller.subject):
            raise TwoPersons
        await self._still(work, erasure)
        await store.approve(work, erasure.id, state)
        work.audit("update", [erasure.id, erasure.case], ["basic"], decision)

    async def refuse(self, work: Work, erasure_id: UUID, reason: str, expected: int) -> None:
        """Not now; it is proposed again later. Malformed, StaleVersion, TransitionRefused."""
        erasure, decision = await self._locked(work, erasure_id, expected)
        state = self._next(erasure, "refuse")
        if reason not in self.catalog.retention.refusals:
            raise Malformed(errors=[FieldError("/reason", "unknown", "there is no such reason")])
        await store.refuse(work, erasure.id, state, reason)
        work.audit("update", [erasure.id, erasure.case], ["basic"], decision)

    async def _locked(self, work: Work, erasure_id: UUID, expected: int) -> tuple[Erasure, Decision]:
        erasure, decision = _allowed(work, await store.locked(work, erasure_id))
        if erasure.version != expected:
            raise StaleVersion
        return erasure, decision

    def _next(self, erasure: Erasure, action: str) -> str:
        return lifecycle.step(self.catalog.lifecycles[MACHINE], erasure.id, erasure.state, action).target

    async def _still(self, work: Work, erasure: Erasure) -> None:
        """The term is over now as well, and nothing holds it."""
        if await retention.is_held(work, erasure.case):
            raise CaseHeld
        facts = await retention.facts(work, self.ring, erasure.case)
        if facts is None:
            raise NotDue
        end = rules.ending(facts, self.catalog.retention.terms[facts.kind])
        if not rules.is_due(end, local_date(work.now)):
            raise NotDue


def _allowed(work: Work, kept: store.Kept | None) -> tuple[Erasure, Decision]:
    if kept is None:
        raise NotFound
    return kept.erasure, work.permit.on(kept.resource)
