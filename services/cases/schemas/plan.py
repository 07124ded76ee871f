"""The action plan: what is told of an action, and what a change says."""

from collections.abc import Iterable
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from services.cases.model import plan as model
from services.cases.model.plan import Earlier, PlanState, Told
from services.cases.schemas.referral import Message, View
from services.cases.schemas.screening import Code
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, Instant
from services.kit.paging import Page

_EXAMPLE = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"
_WHAT = "Patrull käib nädala jooksul iga päev kontrollimas."
_WANTED = "Kontrollkäigud on tehtud ja kannatanu ütleb, et keegi ei ole uksele tulnud."
Words = Annotated[
    str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=4000, pattern=r"\S")
]


class ProposalIn(Message):
    """A new action: what, by what one sees that it helped, and by when; an agency may be asked for it."""

    what: Words = Field(examples=[_WHAT])
    outcome_wanted: Words = Field(description="Something that can be seen or counted.", examples=[_WANTED])
    due_on: Day
    agency: Code | None = Field(default=None, description="Whom it is asked of.", examples=["police"])
    meeting_id: UUID | None = Field(default=None, description="The meeting that asks for it.")

    def proposal(self) -> model.Proposal:
        """The same in the words of the model."""
        content = model.Content(self.what, self.outcome_wanted)
        return model.Proposal(content, self.due_on, self.agency, self.meeting_id)


class AmendIn(Message):
    """Other words, another day; what it said before is kept."""

    what: Words = Field(examples=[_WHAT])
    outcome_wanted: Words = Field(examples=[_WANTED])
    due_on: Day

    def command(self) -> model.Amend:
        """The same in the words of the model."""
        return model.Amend(model.Content(self.what, self.outcome_wanted), self.due_on)


class VolunteerIn(Message):
    """An agency takes the action; by name, whoever says so has it."""

    agency: Code = Field(examples=["police"])
    by_name: StrictBool = Field(default=True, description="False: whoever of the agency does it.")

    def command(self) -> model.Volunteer:
        """The same in the words of the model."""
        return model.Volunteer(self.agency, self.by_name)


class AssignIn(Message):
    """The coordinator gives the action to an agency, perhaps to somebody of it, perhaps with another day."""

    agency: Code = Field(examples=["police"])
    member_id: UUID | None = None
    due_on: Day | None = None

    def command(self) -> model.Assign:
        """The same in the words of the model."""
        return model.Assign(self.agency, self.member_id, self.due_on)


class DeclineIn(Message):
    """An agency says no, or gives the action back."""

    agency: Code = Field(examples=["police"])
    reason: Code = Field(examples=["no-capacity"])

    def command(self) -> model.Decline:
        """The same in the words of the model."""
        return model.Decline(self.agency, self.reason)


class DoneIn(Message):
    """It is done, and what came of it."""

    outcome: Words = Field(examples=["Kontrolliti viiel päeval, kõik oli rahulik."])

    def command(self) -> model.Complete:
        """The same in the words of the model."""
        return model.Complete(self.outcome)


class NotDoneIn(Message):
    """It was not done: a coded reason, and words where they help."""

    reason: Code = Field(examples=["no-contact"])
    outcome: Words | None = None

    def command(self) -> model.Fail:
        """The same in the words of the model."""
        return model.Fail(self.reason, self.outcome)


class CarryOverIn(Message):
    """The meeting lets the action go on until another day."""

    due_on: Day
    meeting_id: UUID | None = None

    def command(self) -> model.CarryOver:
        """The same in the words of the model."""
        return model.CarryOver(self.due_on, self.meeting_id)


class CloseIn(Message):
    """The meeting has looked at the action, and it is over."""

    meeting_id: UUID | None = None

    def command(self) -> model.Close:
        """The same in the words of the model."""
        return model.Close(self.meeting_id)


class CancelIn(Message):
    """There is no need for the action any more."""

    reason: Code = Field(examples=["no-longer-needed"])

    def command(self) -> model.Cancel:
        """The same in the words of the model."""
        return model.Cancel(self.reason)


class ActionView(View):
    """An action of a case's plan."""

    id: UUID = Field(examples=[_EXAMPLE])
    case_id: UUID
    state: PlanState
    agency: str | None = Field(description="Who is asked for it, or has it.", examples=["police"])
    member_id: UUID | None = Field(description="Who of the agency, where it is somebody by name.")
    due_on: Day
    what: Annotated[str, FieldClass("narrative")] = Field(examples=[_WHAT])
    outcome_wanted: Annotated[str, FieldClass("narrative")] = Field(examples=[_WANTED])
    outcome: Annotated[str | None, FieldClass("narrative")]
    reason: str | None = Field(description="Why it is not done, or cancelled.")
    declined: list[str] = Field(description="Agencies that said no; why is in the history of the case.")
    reviews: int = Field(description="At how many meetings it was carried over.")
    meeting_id: UUID | None
    proposed_on: Day
    changed_at: Instant
    version: int

    @classmethod
    def of(cls, told: Told) -> Self:
        """The same in public words."""
        planned = told.planned
        return cls(
            id=planned.id,
            case_id=planned.case,
            state=planned.state,
            agency=planned.agency,
            member_id=planned.member,
            due_on=planned.due_on,
            what=told.content.what,
            outcome_wanted=told.content.outcome_wanted,
            outcome=told.outcome,
            reason=planned.reason,
            declined=list(planned.declined),
            reviews=planned.reviews,
            meeting_id=planned.meeting,
            proposed_on=planned.proposed_on,
            changed_at=planned.changed_at,
            version=planned.version,
        )


class ActionPage(View):
    """Actions, what is due first first."""

    items: list[ActionView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Told]) -> Self:
        """The same in public words."""
        return cls(items=[ActionView.of(each) for each in page.items], next=page.next)


class EarlierActionView(View):
    """What an action was until a change replaced it."""

    version: int
    state: PlanState
    agency: str | None
    member_id: UUID | None
    due_on: Day
    what: Annotated[str, FieldClass("narrative")]
    outcome_wanted: Annotated[str, FieldClass("narrative")]
    outcome: Annotated[str | None, FieldClass("narrative")]
    replaced_at: Instant
    replaced_by: str = Field(description="What tokens call who changed it.")


class EarlierActionPage(View):
    """Earlier versions, the newest first."""

    items: list[EarlierActionView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Earlier]) -> Self:
        """The same in public words."""
        return cls(items=list(_earlier(page.items)), next=page.next)


def _earlier(rows: Iterable[Earlier]) -> Iterable[EarlierActionView]:
    for row in rows:
        yield EarlierActionView(
            version=row.version,
            state=row.state,
            agency=row.agency,
            member_id=row.member,
            due_on=row.due_on,
            what=row.content.what,
            outcome_wanted=row.content.outcome_wanted,
            outcome=row.outcome,
            replaced_at=row.replaced_at,
            replaced_by=row.replaced_by,
        )
