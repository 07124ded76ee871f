"""A further incident in a case is proposed to be referred again, while it would be a repeat."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.duties import Duties
from services.cases.catalog import Catalog
from services.cases.model.duties import About, Outcome, Thing, Waits
from services.cases.model.repeats import Incident, Proposal, ProposalState
from services.cases.rules import lifecycle
from services.cases.rules import repeats as rules
from services.cases.store import dossiers
from services.cases.store import proposals as store
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.paging import Page, Place, page_of
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion

MACHINE: Final = "repeat-proposal"
CLOCK: Final = "repeat-referral"
_CLASSES: Final = frozenset({"basic", "risk"})
_ACTIONS: Final = {
    ProposalState.REFERRED: "refer",
    ProposalState.DECLINED: "decline",
    ProposalState.DROPPED: "drop",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person says to a proposal: the referral that was made, or why none is."""

    is_referred: bool
    referral: UUID | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Proposals:
    """Makes, answers and drops proposals, within the caller's transaction."""

    catalog: Catalog
    casework: Casework

    async def propose(self, work: Work, on: OnCase, incident: UUID, kind: str, at: datetime) -> None:
        """Proposes to refer a recorded incident again, where the definition in force calls it a repeat."""
        day = local_date(at)
        earlier = await store.earlier(work, on.id, day)
        criminal = kind in self.catalog.repeats.criminal
        pairs = dict.fromkeys(each.people for each in earlier)
        found = rules.findings(
            [Incident(people, day, criminal) for people in pairs], earlier, self.catalog.repeats
        )
        if not rules.is_ground(found, self.catalog.repeats):
            return
        [finding] = [each for each in found if each.definition == self.catalog.repeats.in_force]
        await store.add(work, incident, on.id, finding)
        begun = lifecycle.begun(self.catalog.lifecycles[MACHINE], incident, "propose")
        await self.casework.step(work, on, begun, _CLASSES)
        about = About(Thing.CASE, incident, on.case.region, case=on.id)
        await Duties(self.catalog.clocks).open(work, CLOCK, about, Waits("coordinator"), day)

    async def drop(self, work: Work, on: OnCase, incident: UUID) -> None:
        """The incident was recorded in error: nothing is left to refer."""
        found = await store.one(work, incident)
        if found is not None and found.state is ProposalState.PROPOSED:
            await self._settle(
                work, on, found, ProposalState.DROPPED, Answer(is_referred=False, referral=None, reason=None)
            )

    async def answer(self, work: Work, proposal: UUID, answer: Answer, expected: int) -> None:
        """A person has referred the incident, or says why not.

        Raises NotFound, Malformed for an answer that is neither or a referral that is not a later one,
        StaleVersion, TransitionRefused for what was answered already.
        """
        on = await self.casework.held(work, await store.case_of(work, proposal))
        found = await store.one(work, proposal)
        if found is None:
            raise NotFound
        await self._check(work, found, answer)
        if found.version != expected:
            raise StaleVersion
        state = ProposalState.REFERRED if answer.is_referred else ProposalState.DECLINED
        await self._settle(work, on, found, state, answer)

    async def one(self, work: Work, proposal: UUID) -> tuple[OnCase, Proposal]:
        """One proposal, to read."""
        on = await self.casework.seen(work, await store.case_of(work, proposal))
        found = await store.one(work, proposal)
        if found is None:
            raise NotFound
        return on, found

    async def of_case(
        self, work: Work, case: UUID, after: Place | None, most: int
    ) -> tuple[OnCase, Page[Proposal]]:
        """The proposals of a case, the newest first."""
        on = await self.casework.seen(work, case)
        rows = await store.of_case(work, on.id, after, most + 1)
        page = page_of(rows, most, lambda row: Place(row[0], row[1].id))
        return on, Page([each for _, each in page.items], page.next)

    async def _check(self, work: Work, found: Proposal, answer: Answer) -> None:
        if errors := list(_asked(answer)):
            raise Malformed(errors=errors)
        if answer.reason is not None:
            if answer.reason not in self.catalog.repeats.declined:
                raise Malformed(errors=[FieldError("/reason", "unknown", "there is no such reason")])
            return
        kept = await dossiers.referral(work, answer.referral) if answer.referral else None
        if kept is None or kept.referral.id == found.finding.earlier:
            why = "there is no such referral beside the one that it would repeat"
            raise Malformed(errors=[FieldError("/referralId", "unknown", why)])

    async def _settle(
        self, work: Work, on: OnCase, found: Proposal, state: ProposalState, answer: Answer
    ) -> None:
        machine = self.catalog.lifecycles[MACHINE]
        step = lifecycle.step(machine, found.id, found.state, _ACTIONS[state], answer.reason)
        await store.decide(work, found.id, state, referral=answer.referral, reason=answer.reason)
        await self.casework.step(work, on, step, _CLASSES)
        outcome = Outcome.DROPPED if state is ProposalState.DROPPED else Outcome.DONE
        await Duties(self.catalog.clocks).settle(work, found.id, CLOCK, outcome=outcome)


def _asked(answer: Answer) -> Iterator[FieldError]:
    """What the decision asks for: a referral, or a reason; never the other."""
    given = {"/referralId": answer.referral is not None, "/reason": answer.reason is not None}
    needed = "/referralId" if answer.is_referred else "/reason"
    for place, is_there in given.items():
        if place == needed and not is_there:
            yield FieldError(place, "required", "this decision needs it")
        elif place != needed and is_there:
            yield FieldError(place, "not-for-decision", "this decision has none")
