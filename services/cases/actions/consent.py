"""Recording what people were told, wish, agree and object to, and on what the law allows to go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.stopping import stop_offers
from services.cases.catalog import Catalog
from services.cases.model.consent import FactKind, Standing, ToldFact, WhyNot, WordedFact, Words
from services.cases.model.ids import PersonId
from services.cases.model.problems import OffersStopped
from services.cases.rules import consent as rules
from services.cases.store import consent as store
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.paging import Page, Place, page_of
from services.kit.problem import FieldError, Malformed, NotFound

_CLASSES = frozenset({"basic", "narrative"})


@dataclass(frozen=True, slots=True)
class Consenting:
    """Keeps facts of a case, within the caller's transaction."""

    catalog: Catalog
    casework: Casework

    async def record(self, work: Work, case_id: UUID, told: ToldFact) -> UUID:
        """Writes a fact down, and the steps that follow from it; its id.

        Raises NotFound for a case that the caller may not do this on, Malformed when a rule is broken.
        """
        on = await self.casework.held(work, case_id)
        roles = await store.roles(work, on.id, told.person)
        rules.check(told, roles=roles, at=work.now, bases=self.catalog.bases, agencies=self.catalog.agencies)
        before = rules.standing(await store.of_case(work, on.id), told.person)
        rules.takes_place(told, before)
        fact_id = await store.add(work, on.id, on.key, told)
        await self._follow(work, on, before, fact_id)
        return fact_id

    async def void(self, work: Work, fact_id: UUID, reason: WhyNot, note: str | None) -> UUID:
        """Takes back a fact that was written down by mistake; both stay. The id of what takes it back.

        Raises NotFound for a fact that is not the caller's, Malformed for a reason that is none, or for a
        fact that is taken back already.
        """
        on = await self.casework.held(work, await store.case_of(work, fact_id))
        if reason not in rules.VOID_REASONS:
            raise Malformed(errors=[FieldError("/reason", "unknown", "a fact is not void for this reason")])
        facts = await store.of_case(work, on.id)
        fact = rules.voidable(facts, fact_id)
        if fact is None:
            raise Malformed(errors=[FieldError("path:fact_id", "void", "the fact was taken back already")])
        before = rules.standing(facts, fact.person)
        told = ToldFact(fact.person, FactKind.VOID, fact.value, work.now, reason=reason, words=Words(note))
        void_id = await store.add(work, on.id, on.key, told, fact.id)
        await self._follow(work, on, before, void_id)
        return void_id

    async def _follow(self, work: Work, on: OnCase, before: Standing, fact_id: UUID) -> None:
        """The fact's own audit row, and each step that it makes."""
        after = rules.standing(await store.of_case(work, on.id), before.person)
        work.audit("create", [fact_id, on.id, before.person], _CLASSES, on.decision)
        for step in rules.steps(before, after, self.catalog.lifecycles):
            await self.casework.step(work, on, step)
        if before.objects_since is None and after.objects_since is not None:
            await stop_offers(work, self.catalog, self.casework, on, before.person)

    async def listed(
        self, work: Work, case_id: UUID, asked: "Asked", place: Place | None, most: int
    ) -> tuple[OnCase, Page[WordedFact]]:
        """Facts of a case, the last recorded first."""
        on = await self.casework.seen(work, case_id)
        last = None if place is None else place.id
        rows = await store.listed(work, on.id, on.key, asked.person, asked.kind, last, most + 1)
        return on, page_of(rows, most, lambda row: Place(local_date(row.fact.recorded_at), row.fact.id))

    async def one(self, work: Work, fact_id: UUID) -> tuple[OnCase, WordedFact]:
        """One fact; NotFound unless the caller may read its case."""
        on = await self.casework.seen(work, await store.case_of(work, fact_id))
        found = await store.one(work, fact_id, on.key)
        if found is None:
            raise NotFound
        return on, found

    async def stands(self, work: Work, case_id: UUID) -> tuple[OnCase, Sequence[Standing]]:
        """How things stand with everybody of whom there is a fact, by their ids."""
        on = await self.casework.seen(work, case_id)
        return on, in_order(rules.standings(await store.of_case(work, on.id)))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list of facts is asked for; None asks for everything."""

    person: UUID | None = None
    kind: FactKind | None = None


def in_order(standings: Mapping[PersonId, Standing]) -> Sequence[Standing]:
    """Always in the same order."""
    return [standings[person] for person in sorted(standings)]


async def may_offer(work: Work, on: OnCase, person: PersonId) -> None:
    """Raises OffersStopped when somebody objects to being offered services; every offer asks here first.

    The objection is its person's own: an adult's does not stop what is offered for a child.
    """
    if await store.offers_stopped(work, on.id, person) is not None:
        reason = "the person objects (OAS § 7(5)): nothing is offered until that is lifted"
        raise OffersStopped(errors=[FieldError("/personId", "objects", reason)])
