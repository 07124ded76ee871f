"""Closing a case, its year of monitoring, and how that ends."""

from collections.abc import Sequence
from typing import Annotated, Protocol, Self
from uuid import UUID

from pydantic import Field, StrictBool

from services.cases.model.monitoring import Checkpoint, Finding, Period
from services.cases.schemas.referral import Message, View
from services.cases.schemas.screening import Code
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, FreeText


class ClosingIn(Message):
    """The intervention has ended: on which day, and why."""

    closed_on: Day = Field(examples=["2018-03-02"])
    reason: Code = Field(examples=["protected"])
    note: FreeText | None = None


class ReopeningIn(Message):
    """Why work on the case goes on."""

    reason: Code = Field(examples=["new-violence"])
    note: FreeText | None = None


class EndingIn(Message):
    """Monitoring ends; the reason is null when the year is over."""

    reason: Code | None = Field(examples=["moved-abroad"])
    note: FreeText | None = None


class HoldingIn(Message):
    """What a checkpoint found."""

    held_on: Day = Field(examples=["2018-04-05"])
    situation: Code = Field(examples=["safe"])
    new_violence: StrictBool
    note: FreeText | None = None

    def finding(self) -> Finding:
        """The same in the words of the model."""
        return Finding(self.held_on, self.situation, self.new_violence, self.note)


class SkippingIn(Message):
    """Why a checkpoint is not held."""

    reason: Code = Field(examples=["not-reached"])
    note: FreeText | None = None


class CheckpointView(View):
    """A day on which it is looked at how the victim is."""

    id: UUID
    code: str = Field(examples=["monitoring-3"])
    due_on: Day
    state: str = Field(examples=["held"])
    held_on: Day | None
    situation: Annotated[str | None, FieldClass("risk")]
    new_violence: Annotated[bool | None, FieldClass("risk")]
    reason: str | None
    note: Annotated[str | None, FieldClass("narrative")]
    version: int = Field(description="For If-Match, when it is held or skipped.")


class PeriodView(View):
    """A year of monitoring; without ``endedOn`` it runs."""

    id: UUID
    closed_on: Day
    until: Day = Field(description="The first day on which the case is no longer monitored.")
    reason: str
    note: Annotated[str | None, FieldClass("narrative")]
    ended_on: Day | None
    ended_by: str | None = Field(description="`end`: by itself or early; `reopen`: work goes on.")
    end_reason: str | None
    checkpoints: list[CheckpointView]


class _Monitored(Protocol):
    @property
    def periods(self) -> Sequence[Period]: ...

    def of(self, period: Period) -> Sequence[Checkpoint]: ...


class MonitoringView(View):
    """The years of monitoring of a case, the newest first; none before it was closed."""

    case_id: UUID
    state: str = Field(description="Of the case.", examples=["monitoring"])
    version: int = Field(description="Of the case.")
    items: list[PeriodView]

    @classmethod
    def of(cls, case: UUID, state: str, version: int, monitored: _Monitored) -> Self:
        """The same in public words."""
        items = [_period(each, monitored.of(each)) for each in monitored.periods]
        return cls(case_id=case, state=state, version=version, items=items)


def _period(period: Period, checkpoints: Sequence[Checkpoint]) -> PeriodView:
    return PeriodView(
        id=period.id,
        closed_on=period.closed_on,
        until=period.until,
        reason=period.reason,
        note=period.note,
        ended_on=period.ended_on,
        ended_by=period.ended_by,
        end_reason=period.end_reason,
        checkpoints=[_checkpoint(each) for each in checkpoints],
    )


def _checkpoint(checkpoint: Checkpoint) -> CheckpointView:
    found = checkpoint.finding
    return CheckpointView(
        id=checkpoint.id,
        code=checkpoint.code,
        due_on=checkpoint.due_on,
        state=checkpoint.state,
        held_on=found.held_on if found else None,
        situation=found.situation if found else None,
        new_violence=found.is_new_violence if found else None,
        reason=checkpoint.reason,
        note=found.note if found else None,
        version=checkpoint.version,
    )
