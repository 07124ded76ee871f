"""What agencies' systems tell and are told of the case work over REST; over SOAP the same in XML."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from services.exchange.model.casework import (
    ActionList,
    ActionQuestion,
    ActionReport,
    ActionState,
    Known,
    ResearchAnswer,
    Result,
    Settled,
)
from services.exchange.schemas.referral import In, Out
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, FreeText

_ID = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"
Version = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1, description="As the sender knows it.")]
Reason = Annotated[
    str, StringConstraints(strict=True, max_length=41, pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
]
PageCursor = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9_.:=\-]{1,200}$")]


class ResearchIn(In):
    """What an agency knows of the people of whom it was asked; what it tells it confirms."""

    request: UUID = Field(description="The question, as the agency was asked.", examples=[_ID])
    version: Version
    known: Known
    text: FreeText | None = Field(default=None, description="Null where nothing is known.")
    relevant: StrictBool = False
    necessary: StrictBool = False
    proportionate: StrictBool = False

    def answer(self) -> ResearchAnswer:
        """The same in the words of the model."""
        return ResearchAnswer(
            self.request,
            self.version,
            self.known,
            self.text,
            self.relevant,
            self.necessary,
            self.proportionate,
        )


class ResearchOut(Out):
    """How the question stands now."""

    request: UUID
    version: int
    state: str

    @classmethod
    def of(cls, told: Settled) -> Self:
        """From what an action tells."""
        return cls(request=told.id, version=told.version, state=told.state)


class ActionReportIn(In):
    """What became of an action: done, with what came of it, or not, with the reason."""

    action: UUID = Field(examples=[_ID])
    version: Version
    result: Result
    reason: Reason | None = Field(
        default=None, description="Why it is not done; null for what is.", examples=["no-contact"]
    )
    outcome: FreeText | None = Field(default=None, description="What came of it.")

    def report(self) -> ActionReport:
        """The same in the words of the model."""
        return ActionReport(self.action, self.version, self.result, self.reason, self.outcome)


class ActionReportOut(Out):
    """How the action stands now."""

    action: UUID
    version: int
    state: str

    @classmethod
    def of(cls, told: Settled) -> Self:
        """From what an action tells."""
        return cls(action=told.id, version=told.version, state=told.state)


class ActionQuestionIn(In):
    """Which actions are asked for."""

    state: ActionState | None = None
    cursor: PageCursor | None = None

    def question(self) -> ActionQuestion:
        """The same in the words of the model."""
        return ActionQuestion(self.state, self.cursor)


class ActionOut(Out):
    """An action that the agency has; its words as far as the agency's system may see them."""

    action: UUID
    version: int
    state: ActionState
    due_on: Day
    what: Annotated[str | None, FieldClass("narrative")]
    outcome_wanted: Annotated[str | None, FieldClass("narrative")]


class ActionListOut(Out):
    """Actions, what is due first first, and the cursor of the next page."""

    items: Sequence[ActionOut]
    next: str | None

    @classmethod
    def of(cls, told: ActionList) -> Self:
        """From what an action tells."""
        items = [
            ActionOut(
                action=each.id,
                version=each.version,
                state=each.state,
                due_on=each.due_on,
                what=each.what,
                outcome_wanted=each.outcome_wanted,
            )
            for each in told.items
        ]
        return cls(items=items, next=told.next)
