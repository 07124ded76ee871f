"""Meetings are observed against the ten principles; what is recommended waits for an office of the region."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.actions.duties import Duties
from services.cases.actions.reading import Shown
from services.cases.catalog import Catalog
from services.cases.model.duties import About, Thing, Waits
from services.cases.model.quality import (
    MACHINE,
    Advised,
    Observation,
    Observed,
    QualityFigure,
    Recommendation,
)
from services.cases.rules import lifecycle
from services.cases.rules import quality as rules
from services.cases.rules.duties import follows
from services.cases.rules.monitoring import check_word
from services.cases.rules.starts import check_text
from services.cases.store import quality as store
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.paging import Page, Place, page_of
from services.kit.policy import Decision
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion
from services.kit.sealed import KeyRing

_CLASSES: Final = frozenset({"basic", "narrative"})


@dataclass(frozen=True, slots=True)
class Answered:
    """What a region says of a recommendation: that it is done, or why it is not; and in which words."""

    state: Advised
    reason: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Quality:
    """Keeps observations and recommendations, within the caller's transaction."""

    catalog: Catalog
    ring: KeyRing

    async def observe(self, work: Work, region: str, observed: Observed) -> UUID:
        """Somebody has observed a meeting of a region; the id. Raises NotFound, Malformed."""
        decision = self._region(work, region)
        rules.check(observed, self.catalog.quality, local_date(work.now))
        ratings = json.dumps({each.principle: each.rating for each in observed.found})
        made, advised = await store.observe(work, self.ring, region, observed, ratings)
        work.audit("create", [made, *(row for row, _, _ in advised)], _CLASSES, decision)
        today = local_date(work.now)
        new = [
            follows(
                self.catalog.clocks,
                rules.CLOCK,
                About(Thing.RECOMMENDATION, row, region),
                Waits(owner),
                happened_on=due_on,
                recorded_on=today,
            )
            for row, owner, due_on in advised
        ]
        await Duties(self.catalog.clocks).open_all(work, new)
        return made

    async def one(self, work: Work, observation: UUID) -> tuple[Observation, Decision]:
        """One observation; NotFound."""
        found = await store.one(work, self.ring, observation)
        if found is None:
            raise NotFound
        return found, work.permit.on({"region": found.region})

    async def page(
        self, work: Work, region: str, after: Place | None, most: int
    ) -> tuple[Decision, Page[Observation]]:
        """The observations of a region, the latest meeting first."""
        decision = self._region(work, region)
        rows = await store.page(work, self.ring, region, after, most + 1)
        return decision, page_of(rows, most, lambda row: Place(row.met_on, row.id))

    async def recommended(
        self, work: Work, region: str, state: Advised | None, after: Place | None, most: int
    ) -> tuple[Decision, Page[Recommendation]]:  # fmt: skip
        """What a region was recommended, what is due first first."""
        decision = self._region(work, region)
        rows = await store.recommendations(work, self.ring, region, state, after, most + 1)
        return decision, page_of(rows, most, lambda row: Place(row.due_on, row.id))

    async def recommendation(self, work: Work, row: UUID) -> tuple[Recommendation, Decision]:
        """One recommendation; NotFound."""
        found = await store.recommendation(work, self.ring, row)
        if found is None:
            raise NotFound
        return found[0], work.permit.on({"region": found[0].region})

    async def answer(self, work: Work, row: UUID, answered: Answered, expected: int) -> None:
        """The region has done it, or declines; NotFound, StaleVersion, Malformed, TransitionRefused."""
        kept = await store.recommendation(work, self.ring, row, lock=True)
        if kept is None:
            raise NotFound
        found, key = kept
        decision = work.permit.on({"region": found.region})
        if found.version != expected:
            raise StaleVersion
        action = "decline" if answered.state is Advised.DECLINED else "complete"
        step = lifecycle.step(self.catalog.lifecycles[MACHINE], row, found.state.value, action)
        self._check(answered)
        await store.answer(work, key, row, Advised(step.target), answered.reason, answered.outcome)
        await Duties(self.catalog.clocks).settle(work, row, rules.CLOCK)
        work.audit("update", [row], _CLASSES, decision)

    async def figures(self, work: Work, first: date, last: date) -> Shown[list[QualityFigure]]:
        """What was seen in a period, by region and principle, as far as the caller may see regions."""
        if last < first:
            raise Malformed(errors=[FieldError("query:to", "period", "the period ends before it begins")])
        everywhere = any("region" not in grant.match for grant in work.permit.grants)
        own = sorted({grant.match["region"] for grant in work.permit.grants if "region" in grant.match})
        rows = list(await store.figures(work, first, last, None if everywhere else own))
        decisions = tuple(work.permit.on({"region": row.region}) for row in rows)
        return Shown(rows, decisions, ())

    def _check(self, answered: Answered) -> None:
        if answered.state is Advised.DECLINED:
            check_word("/reason", answered.reason, self.catalog.quality.decline_reasons)
        elif answered.reason is not None:
            said = "what is done needs no reason: leave it out"
            raise Malformed(errors=[FieldError("/reason", "not-for-this", said)])
        check_text("/outcome", answered.outcome)

    def _region(self, work: Work, region: str) -> Decision:
        if region not in self.catalog.regions:
            raise NotFound
        return work.permit.on({"region": region})
