"""What happened in a case, step by step."""

from typing import Self
from uuid import UUID

from pydantic import Field

from services.cases.model.lifecycle import TakenStep
from services.cases.schemas.referral import View
from services.kit.fields import Instant
from services.kit.paging import Page


class StepView(View):
    """Something of a case went from one state to another; the words of machines are in ``/lifecycles``."""

    id: UUID
    machine: str = Field(examples=["case"])
    object_id: UUID = Field(description="What took the step.")
    action: str = Field(examples=["close"])
    from_state: str | None = Field(description="Null where it began.", examples=["open"])
    to_state: str = Field(examples=["monitoring"])
    reason: str | None = Field(description="The reason's code, where the action asks for one.")
    by: str = Field(description="What tokens call who did it.")
    at: Instant


class StepPage(View):
    """Steps, the newest first."""

    items: list[StepView]
    next: str | None

    @classmethod
    def of(cls, page: Page[TakenStep]) -> Self:
        """The same in public words."""
        return cls(items=[_view(one) for one in page.items], next=page.next)


def _view(taken: TakenStep) -> StepView:
    step = taken.step
    return StepView(
        id=taken.id,
        machine=step.machine,
        object_id=step.object_id,
        action=step.action,
        from_state=step.source,
        to_state=step.target,
        reason=step.reason,
        by=taken.by,
        at=taken.at,
    )
