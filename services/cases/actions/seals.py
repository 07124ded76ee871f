"""A case is sealed by one person, and the seal is taken off by two of two agencies."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.catalog import Catalog
from services.cases.model.closed import CaseSealed, SecondAgencyNeeded
from services.cases.model.lifecycle import Step
from services.cases.model.seals import Seal
from services.cases.rules import lifecycle
from services.cases.rules import seals as rules
from services.cases.store import exclusions, seals
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion

_CLASSES = ("basic", "narrative")


@dataclass(frozen=True, slots=True)
class Seals:
    """Keeps seals within the caller's transaction."""

    catalog: Catalog
    casework: Casework

    async def of_case(self, work: Work, case_id: UUID) -> tuple[OnCase, Seal]:
        """The seal of a case; NotFound when it has none, as when the case is not the caller's to see."""
        on = await self.casework.seen(work, case_id)
        return on, _there(await seals.of_case(work, on.id, on.key))

    async def one(self, work: Work, seal_id: UUID) -> tuple[OnCase, Seal]:
        """One seal, also one that was taken off; NotFound as for its case."""
        case = await seals.case_of(work, seal_id)
        on = await self.casework.seen(work, case or seal_id)
        return on, _there(await seals.one(work, seal_id, on.key))

    async def seal(self, work: Work, case_id: UUID, reason: str, members: Sequence[str]) -> UUID:
        """Seals a case for all but these; NotFound, Malformed, CaseSealed when it is sealed already."""
        on = await self.casework.held(work, case_id)
        await _check(work, members)
        if await seals.of_case(work, on.id, on.key) is not None:
            raise CaseSealed
        step = lifecycle.begun(self.catalog.lifecycles["seal"], new_id(), "seal")
        await self.casework.step(work, on, step, _CLASSES)
        made = Seal(
            id=step.object_id,
            case=on.id,
            state=step.target,
            reason=reason,
            members=tuple(dict.fromkeys(members)),
            sealed_by=work.permit.caller.subject,
            sealed_at=work.now,
            proposal=None,
            version=1,
        )
        await seals.make(work, made, on.key)
        return step.object_id

    async def name(self, work: Work, seal_id: UUID, members: Sequence[str], expected: int) -> None:
        """These may see the case, and nobody else; whoever says so is one of them."""
        on, seal = await self._held(work, seal_id, expected)
        await _check(work, members)
        await self.casework.step(work, on, self._step(seal, "name"))
        await seals.name(work, seal, members)

    async def propose(self, work: Work, seal_id: UUID, expected: int) -> None:
        """The first of two wants the seal taken off; SecondAgencyNeeded of who acts for no agency."""
        on, seal = await self._held(work, seal_id, expected)
        step = self._step(seal, "propose-unsealing")
        agency = rules.proposing(self._agencies(work, on))
        await self.casework.step(work, on, step)
        await seals.propose(work, seal, step.target, agency)

    async def keep(self, work: Work, seal_id: UUID, expected: int) -> None:
        """The seal stays on."""
        on, seal = await self._held(work, seal_id, expected)
        step = self._step(seal, "keep")
        await self.casework.step(work, on, step)
        await seals.keep(work, seal, step.target)

    async def unseal(self, work: Work, seal_id: UUID, expected: int) -> None:
        """The second of two agrees: another person, of another agency; else SecondAgencyNeeded."""
        on, seal = await self._held(work, seal_id, expected)
        step = self._step(seal, "unseal")
        if seal.proposal is None:
            raise SecondAgencyNeeded
        agency = rules.agreeing(self._agencies(work, on), work.permit.caller.subject, seal.proposal)
        await self.casework.step(work, on, step)
        await seals.unseal(work, seal, step.target, agency)

    def _step(self, seal: Seal, action: str) -> Step:
        return lifecycle.step(self.catalog.lifecycles["seal"], seal.id, seal.state, action)

    def _agencies(self, work: Work, on: OnCase) -> tuple[str, ...]:
        offices = work.permit.caller.appointments
        return rules.agencies_of(offices, on.case.region, self.catalog.seals)

    async def _held(self, work: Work, seal_id: UUID, expected: int) -> tuple[OnCase, Seal]:
        case = await seals.case_of(work, seal_id)
        on = await self.casework.held(work, case or seal_id)
        seal = _there(await seals.one(work, seal_id, on.key))
        if seal.version != expected:
            raise StaleVersion
        return on, seal


def _there(seal: Seal | None) -> Seal:
    if seal is None:
        raise NotFound
    return seal


async def _check(work: Work, members: Sequence[str]) -> None:
    """All of them are members, and the caller is one of them: else nobody could ask for the seal's end."""
    unknown = await exclusions.unknown(work, members)
    errors = [
        FieldError(f"/members/{place}", "unknown", "there is no such member")
        for place, member in enumerate(members)
        if member in unknown
    ]
    if work.permit.caller.subject not in members:
        errors.append(FieldError("/members", "without-caller", "whoever writes the list is on it"))
    if errors:
        raise Malformed(errors=errors)
