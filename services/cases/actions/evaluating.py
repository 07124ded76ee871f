"""A finished case is evaluated: goal by goal, by the changed risk, as the victim sees it and the network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.catalog import Catalog
from services.cases.model.assessments import ChangedRisk
from services.cases.model.monitoring import Evaluation
from services.cases.model.problems import TransitionRefused
from services.cases.rules import lifecycle
from services.cases.rules.assessments import changed_risk
from services.cases.rules.monitoring import check_day, check_evaluation
from services.cases.store import evaluations, reassessments
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.problem import FieldError, StaleVersion

_CLASSES = frozenset({"basic", "risk", "narrative"})


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found, as told."""

    evaluated_on: date
    goals: Mapping[str, str]
    victims_view: str
    victims_words: str | None = field(repr=False)
    feedback: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Evaluating:
    """Keeps and lists evaluations, within the caller's transaction."""

    catalog: Catalog
    casework: Casework

    async def evaluate(self, work: Work, case: UUID, judged: Judged, expected: int) -> None:
        """Keeps an evaluation, which supersedes the one before.

        Raises NotFound for a case that the caller may not evaluate, StaleVersion when ``expected`` is not the
        case's version, TransitionRefused while work on the case goes on, Malformed for what is not said as it
        must be.
        """
        on = await self.casework.held(work, case)
        if on.case.version != expected:
            raise StaleVersion
        if on.case.state == "open":
            raise TransitionRefused(errors=[FieldError("", "not-finished", "close the case first")])
        check_day("/evaluatedOn", judged.evaluated_on, first=on.case.opened_on, today=local_date(work.now))
        check_evaluation(self.catalog.monitoring, judged.goals, judged.victims_view)
        machine = self.catalog.lifecycles["evaluation"]
        earlier = await evaluations.supersede(work, on.id)
        if earlier is not None:
            await self.casework.step(work, on, lifecycle.step(machine, earlier, "current", "supersede"))
        risk = changed_risk(await reassessments.of_case(work, on.key, on.id))
        made = _evaluation(work, on, judged, risk)
        await evaluations.keep(work, on.key, made)
        await self.casework.step(work, on, lifecycle.begun(machine, made.id, "evaluate"), _CLASSES)

    async def of_case(self, work: Work, case: UUID) -> tuple[OnCase, Sequence[Evaluation]]:
        """The evaluations of a case, the one that stands first; NotFound as for the case."""
        on = await self.casework.seen(work, case)
        return on, await evaluations.of_case(work, on.key, on.id)


def _evaluation(work: Work, on: OnCase, judged: Judged, risk: ChangedRisk | None) -> Evaluation:
    return Evaluation(
        id=new_id(),
        case=on.id,
        evaluated_on=judged.evaluated_on,
        evaluated_by=work.permit.caller.subject,
        recorded_at=work.now,
        state="current",
        goals=judged.goals,
        risk=risk,
        victims_view=judged.victims_view,
        victims_words=judged.victims_words,
        feedback=judged.feedback,
    )
