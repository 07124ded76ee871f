"""A case goes from one network to another: proposed by the one, effective when the other takes it.

In one transaction the case becomes the new region's, with its rights; what the old network had under way
ends or is handed over by a published rule; and what it knew is signed as one document.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.duties import Duties
from services.cases.actions.joining import give_receipts
from services.cases.actions.reading import Shown
from services.cases.catalog import Catalog
from services.cases.model.codes import EventType, Role
from services.cases.model.duties import About, Thing, Waits
from services.cases.model.lifecycle import Step
from services.cases.model.problems import TransitionRefused
from services.cases.model.transfers import (
    MACHINE,
    Decided,
    Ending,
    Move,
    Seen,
    Transfer,
    TransferState,
    Words,
)
from services.cases.rules import events as told
from services.cases.rules import lifecycle
from services.cases.rules import transfers as rules
from services.cases.rules.duties import COORDINATOR
from services.cases.store import events, handover, packages, shares
from services.cases.store import transfers as store
from services.cases.store.transfers import Filters, Package
from services.kit import detached
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.detached import Signer
from services.kit.fieldclass import CLASSES
from services.kit.ids import new_id
from services.kit.paging import Page, Place, page_of
from services.kit.policy import Decision
from services.kit.problem import FieldError, NotFound, StaleVersion

_CLASSES: Final = ("basic", "contact", "narrative", "risk")
_SHARED: Final = frozenset({Role.VICTIM, Role.THREATENING_PERSON, Role.CHILD})


@dataclass(frozen=True, slots=True)
class Transfers:
    """Proposes and decides transfers, within the caller's transaction."""

    catalog: Catalog
    casework: Casework
    signer: Signer

    async def propose(self, work: Work, case_id: UUID, move: Move, expected: int) -> UUID:
        """The old region's coordinator proposes it; the id.

        Raises NotFound, StaleVersion, Malformed; TransitionRefused for a case that is sealed or does not move
        in its state; TransferPending.
        """
        on = await self.casework.held(work, case_id)
        today = local_date(work.now)
        published = self.catalog.transfers
        rules.check_move(move, on.case.region, self.catalog.regions_on(today), published, today)
        if on.case.version != expected:
            raise StaleVersion
        if await store.is_sealed(work, on.id):
            said = "take the seal off first: nobody there is named in it"
            raise TransitionRefused(errors=[FieldError("", "sealed", said)])
        self._check_state(on)
        made = await self._made(work, on, move)
        await store.propose(work, on.key, made)
        machine = self.catalog.lifecycles[MACHINE]
        await self.casework.step(work, on, lifecycle.begun(machine, made.id, "propose"), _CLASSES)
        about = About(Thing.TRANSFER, made.id, move.to, case=on.id)
        await Duties(self.catalog.clocks).open(work, rules.CLOCK, about, Waits(COORDINATOR), today)
        return made.id

    async def accept(self, work: Work, transfer: UUID, agencies: Sequence[str], expected: int) -> None:
        """The new region takes the case, with these of its agencies; raises as :meth:`propose`."""
        found = await self._pending(work, transfer, expected)
        on = await self.casework.coming(work, found.case, found.move.to)
        found = await self._pending(work, transfer, expected)  # as it is now that nobody else writes about it
        step = self._step(found, "accept", None)
        rules.check_agencies(agencies, self.catalog.agencies_on(local_date(work.now)))
        self._check_state(on)
        await self.casework.step(work, on, step, CLASSES)
        data = told.transferred(found, local_date(work.now))
        await events.append(work, on.id, [(EventType.TRANSFERRED, data)])
        await self._settle(work, found)
        await handover.move(work, on.id, found.move.to)
        package = await self._package(work, on, found)
        await self._end(work, on)
        await handover.duties(work, on.id, found.move.to, self.catalog.transfers.drops)
        await self._begin(work, on, found, agencies)
        await store.decide(work, on.key, found, TransferState(step.target), _decided(work, None), package)

    async def refuse(self, work: Work, transfer: UUID, reason: str, expected: int) -> None:
        """The new region does not take it; raises as :meth:`propose`."""
        found = await self._pending(work, transfer, expected)
        on = await self.casework.coming(work, found.case, found.move.to)
        await self._answer(work, on, transfer, "refuse", (reason, self.catalog.transfers.refusals), expected)

    async def withdraw(self, work: Work, transfer: UUID, reason: str, expected: int) -> None:
        """The old region takes its proposal back; raises as :meth:`propose`."""
        found = await store.one(work, self.casework.ring, transfer)
        if found is None:
            raise NotFound
        work.permit.on(found.resource(found.region))
        on = await self.casework.held(work, found.case)
        words = self.catalog.transfers.withdrawals
        await self._answer(work, on, transfer, "withdraw", (reason, words), expected)

    async def one(self, work: Work, transfer: UUID) -> tuple[Seen, Decision]:
        """One transfer; NotFound unless it is from or to a region of the caller."""
        found = await store.one(work, self.casework.ring, transfer)
        if found is None:
            raise NotFound
        return _seen(work, found), work.permit.on(found.resource())

    async def of_case(
        self, work: Work, case_id: UUID, after: Place | None, most: int
    ) -> tuple[OnCase, Page[Seen]]:
        """The transfers of a case, the newest first; NotFound as for the case."""
        on = await self.casework.seen(work, case_id)
        rows = await store.of_case(work, self.casework.ring, on.id, after, most + 1)
        page = page_of(rows, most, lambda row: Place(row.proposed_on, row.id))
        return on, Page([_seen(work, each) for each in page.items], page.next)

    async def listed(self, work: Work, filters: Filters, after: Place | None, most: int) -> Shown[Page[Seen]]:
        """The transfers from and to the caller's regions, the newest first."""
        regions = sorted({grant.match["region"] for grant in work.permit.grants if "region" in grant.match})
        rows = await store.of_regions(work, self.casework.ring, regions, filters, after, most + 1)
        page = page_of(rows, most, lambda row: Place(row.proposed_on, row.id))
        pairs = [(one, decision) for one in page.items if (decision := _allowed(work, one)) is not None]
        items = [_seen(work, one) for one, _ in pairs]
        objects = tuple(dict.fromkeys(id_ for one, _ in pairs for id_ in (one.id, one.case)))
        return Shown(Page(items, page.next), tuple(decision for _, decision in pairs), objects)

    async def package(self, work: Work, transfer: UUID) -> tuple[Transfer, Package, Decision]:
        """What was taken with the case; NotFound unless the caller's region has taken it."""
        found = await store.one(work, self.casework.ring, transfer)
        package = await store.package(work, self.casework.ring, transfer)
        if found is None or package is None:
            raise NotFound
        return found, package, work.permit.on(found.resource(found.move.to))

    async def _made(self, work: Work, on: OnCase, move: Move) -> Transfer:
        return Transfer(
            id=new_id(),
            case=on.id,
            region=on.case.region,
            move=move,
            state=TransferState.PROPOSED,
            proposed_on=local_date(work.now),
            proposed_at=work.now,
            proposed_by=work.permit.caller.subject,
            outline=await handover.outline(work, on.case),
            decided=None,
            version=1,
        )

    async def _pending(self, work: Work, transfer: UUID, expected: int) -> Transfer:
        """One that the caller's region was asked to take."""
        found = await store.one(work, self.casework.ring, transfer)
        if found is None:
            raise NotFound
        work.permit.on(found.resource(found.move.to))
        if found.version != expected:
            raise StaleVersion
        return self._open(found)

    def _open(self, found: Transfer) -> Transfer:
        if found.state is not TransferState.PROPOSED:
            raise TransitionRefused
        return found

    async def _answer(  # noqa: PLR0913, PLR0917 - what an answer is made of
        self, work: Work, on: OnCase, transfer: UUID, action: str, told: tuple[str, Words], expected: int
    ) -> None:
        found = await store.one(work, self.casework.ring, transfer)
        if found is None:
            raise NotFound
        if found.version != expected:
            raise StaleVersion
        reason, words = told
        step = self._step(self._open(found), action, reason)
        rules.check_reason(reason, words)
        await self.casework.step(work, on, step)
        await self._settle(work, found)
        await store.decide(work, on.key, found, TransferState(step.target), _decided(work, reason), None)

    def _step(self, found: Transfer, action: str, reason: str | None) -> Step:
        return lifecycle.step(self.catalog.lifecycles[MACHINE], found.id, found.state.value, action, reason)

    def _check_state(self, on: OnCase) -> None:
        if on.case.state not in self.catalog.transfers.case_states:
            raise TransitionRefused

    async def _settle(self, work: Work, found: Transfer) -> None:
        await Duties(self.catalog.clocks).settle(work, found.id, rules.CLOCK)

    async def _package(self, work: Work, on: OnCase, found: Transfer) -> Package:
        """Signed as it was found, before anything ends by the transfer."""
        categories = self.catalog.listed.readable(CLASSES)
        content = await packages.whole(work, self.casework.ring, on.key, on.case, found, categories)
        document = detached.canonical(content)
        return Package(document.decode(), self.signer.sign(document))

    async def _end(self, work: Work, on: OnCase) -> None:
        """What the old network had under way; told as of that region."""
        ended = [(ending, await self._ended(work, on, ending)) for ending in self.catalog.transfers.ends]
        await self.casework.steps(work, on, rules.ended(ended, self.catalog.lifecycles))

    async def _ended(self, work: Work, on: OnCase, ending: Ending) -> Sequence[tuple[UUID, str]]:
        targets = self.catalog.lifecycles[ending.machine].targets
        [target] = {targets[source, ending.action] for source in ending.sources}
        return await handover.end(work, on.id, ending, target)

    async def _begin(self, work: Work, on: OnCase, found: Transfer, agencies: Sequence[str]) -> None:
        """The new network's agencies take part, and what its coordinator has to do first waits."""
        to, roles = found.move.to, await shares.roles(work, on.id)
        await handover.join(work, on.id, to, agencies)
        people = [person for person, held in roles.items() if held & _SHARED]
        await give_receipts(work, self.catalog, on.id, to, people, agencies)
        about = About(Thing.CASE, on.id, to, case=on.id)
        duties, today = Duties(self.catalog.clocks), local_date(work.now)
        await duties.open(work, rules.AFTER_MOVE, about, Waits(COORDINATOR), today)


def _decided(work: Work, reason: str | None) -> Decided:
    return Decided(local_date(work.now), work.now, work.permit.caller.subject, reason)


def _allowed(work: Work, found: Transfer) -> Decision | None:
    try:
        return work.permit.on(found.resource())
    except NotFound:
        return None


def _seen(work: Work, found: Transfer) -> Seen:
    """Until it is decided both sides read the note; the address is who has the victim's case now."""
    regions = {grant.match["region"] for grant in work.permit.grants if "region" in grant.match}
    is_taken = found.state is TransferState.ACCEPTED
    keeper = found.move.to if is_taken else found.region
    is_keeper = keeper in regions
    is_asked = found.state is TransferState.PROPOSED and found.move.to in regions
    return Seen(found, is_keeper or is_asked, is_keeper)
