"""A case is closed, watched for a year, and opened again or ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.duties import Duties
from services.cases.catalog import Catalog
from services.cases.model.duties import About, Outcome, Thing, Waits
from services.cases.model.lifecycle import Step
from services.cases.model.monitoring import Checkpoint, Finding, MonitoringRule, Period
from services.cases.rules import duties as duty_rules
from services.cases.rules import lifecycle
from services.cases.rules import monitoring as rules
from services.cases.store import casework as store_of_cases
from services.cases.store import monitoring as store
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.problem import NotFound, StaleVersion

_CLASSES = frozenset({"basic", "narrative"})


@dataclass(frozen=True, slots=True)
class Monitored:
    """A case with its years of monitoring, the newest first, and their checkpoints by day."""

    on: OnCase
    periods: Sequence[Period]
    checkpoints: Sequence[Checkpoint]

    @property
    def running(self) -> Period:
        """The period that has not ended; the case's state says that there is one."""
        return next(period for period in self.periods if period.ended_on is None)

    def of(self, period: Period) -> Sequence[Checkpoint]:
        """The checkpoints of one period."""
        return [each for each in self.checkpoints if each.period == period.id]


@dataclass(frozen=True, slots=True)
class Why:
    """A reason's code, and words for those who may read them."""

    reason: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Monitoring:
    """Closing, monitoring, reopening and ending, within the caller's transaction.

    All raise NotFound for a case that the caller may not do this on, StaleVersion when ``expected`` is not
    the version that stands, Malformed when something is not said as it must be, TransitionRefused when the
    state does not allow it.
    """

    catalog: Catalog
    casework: Casework
    duties: Duties

    @property
    def rule(self) -> MonitoringRule:
        """What is published."""
        return self.catalog.monitoring

    async def seen(self, work: Work, case: UUID) -> Monitored:
        """The monitoring of a case, to read."""
        return await self._read(work, await self.casework.seen(work, case))

    async def close(self, work: Work, case: UUID, closed_on: date, why: Why, expected: int) -> None:
        """The intervention has ended: the year of monitoring begins, its checkpoints are planned."""
        on, step = await self._moving(work, case, "close", why, expected)
        today = local_date(work.now)
        rules.check_word("/reason", why.reason, self.rule.closing_reasons)
        rules.check_day("/closedOn", closed_on, first=on.case.opened_on, today=today)
        plan = rules.planned(self.rule, self.catalog.clocks, closed_on, today)
        until = rules.until(self.rule, closed_on)
        made = await store.begin(
            work,
            on.key,
            on.id,
            closed_on=closed_on,
            until=until,
            reason=step.reason or "",
            note=why.note,
            checkpoints=plan,
        )
        await self._moved(work, on, step)
        machine = self.catalog.lifecycles["checkpoint"]
        for checkpoint in made:
            await self.casework.step(work, on, lifecycle.begun(machine, checkpoint, "plan"))
        await self._remind(work, on, closed_on)

    async def reopen(self, work: Work, case: UUID, why: Why, expected: int) -> None:
        """Work on the case goes on; checkpoints that were not held fall away."""
        on, step = await self._moving(work, case, "reopen", why, expected)
        rules.check_word("/reason", why.reason, self.rule.reopening_reasons)
        if on.case.state == "monitoring":
            monitored = await self._read(work, on)
            running = monitored.running
            due = [each.id for each in monitored.of(running) if each.state == "due"]
            await self._end(work, monitored, running, due, "reopen", why)
        await self._moved(work, on, step)

    async def end(self, work: Work, case: UUID, why: Why, expected: int) -> None:
        """The year is over, or ends early for a published reason."""
        on, step = await self._moving(work, case, "end", why, expected)
        monitored = await self._read(work, on)
        running = monitored.running
        today = local_date(work.now)
        due = rules.check_end(self.rule, running, monitored.of(running), why.reason, today)
        await self._end(work, monitored, running, due, "end", why)
        await self._moved(work, on, step)

    async def hold(self, work: Work, checkpoint: UUID, finding: Finding, expected: int) -> UUID:
        """Keeps what a checkpoint found; the case."""
        on, one, step = await self._settling(work, checkpoint, "hold", None, expected)
        await self._check(work, on, one, finding)
        await store.hold(work, on.key, checkpoint, finding)
        await self.duties.settle(work, on.id, one.code)
        await self.casework.step(work, on, step, _CLASSES | {"risk"})
        return on.id

    async def skip(self, work: Work, checkpoint: UUID, why: Why, expected: int) -> UUID:
        """Keeps why a checkpoint was not held; the case."""
        on, one, step = await self._settling(work, checkpoint, "skip", why.reason, expected)
        rules.check_word("/reason", why.reason, self.rule.skip_reasons)
        await store.skip(work, on.key, checkpoint, why.reason or "", why.note)
        await self.duties.settle(work, on.id, one.code)
        await self.casework.step(work, on, step, _CLASSES)
        return on.id

    async def _read(self, work: Work, on: OnCase) -> Monitored:
        periods = await store.periods(work, on.key, on.id)
        return Monitored(on, periods, await store.checkpoints(work, on.key, on.id))

    async def _moving(
        self, work: Work, case: UUID, action: str, why: Why, expected: int
    ) -> tuple[OnCase, Step]:
        on = await self.casework.held(work, case)
        if on.case.version != expected:
            raise StaleVersion
        machine = self.catalog.lifecycles["case"]
        return on, lifecycle.step(machine, on.id, on.case.state, action, why.reason)

    async def _moved(self, work: Work, on: OnCase, step: Step) -> None:
        await store_of_cases.move(work, on.id, step.target)
        await self.casework.step(work, on, step, _CLASSES)

    async def _settling(
        self, work: Work, checkpoint: UUID, action: str, reason: str | None, expected: int
    ) -> tuple[OnCase, Checkpoint, Step]:
        case = await store.case_of(work, checkpoint)
        if case is None:
            raise NotFound
        on = await self.casework.held(work, case)
        found = await store.checkpoints(work, on.key, on.id)
        one = next(each for each in found if each.id == checkpoint)
        if one.version != expected:
            raise StaleVersion
        machine = self.catalog.lifecycles["checkpoint"]
        return on, one, lifecycle.step(machine, checkpoint, one.state, action, reason)

    async def _check(self, work: Work, on: OnCase, one: Checkpoint, finding: Finding) -> None:
        periods = await store.periods(work, on.key, on.id)
        [period] = [each for each in periods if each.id == one.period]
        rules.check_finding(self.rule, finding, period, local_date(work.now))

    async def _remind(self, work: Work, on: OnCase, closed_on: date) -> None:
        """Each checkpoint waits for the coordinator of the region."""
        today = local_date(work.now)
        about = About(Thing.CASE, on.id, on.case.region, case=on.id)
        await self.duties.open_all(
            work,
            [
                duty_rules.follows(
                    self.catalog.clocks,
                    code,
                    about,
                    Waits("coordinator"),
                    happened_on=closed_on,
                    recorded_on=today,
                )
                for code in self.rule.checkpoints
            ],
        )

    async def _end(  # noqa: PLR0913, PLR0917 - the facts of one end
        self, work: Work, monitored: Monitored, period: Period, due: Sequence[UUID], by: str, why: Why
    ) -> None:
        on = monitored.on
        await store.cancel(work, due)
        await self.duties.settle(work, on.id, *self.rule.checkpoints, outcome=Outcome.DROPPED)
        machine = self.catalog.lifecycles["checkpoint"]
        for checkpoint in due:
            await self.casework.step(work, on, lifecycle.step(machine, checkpoint, "due", "cancel", by))
        today = local_date(work.now)
        await store.end(work, on.key, period.id, by=by, on=today, reason=why.reason, note=why.note)
