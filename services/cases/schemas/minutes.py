"""Minutes, as they are shown."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.discussions import Discussion, DiscussionState
from services.cases.model.minutes import Minutes, MinutesItem
from services.cases.model.networks import Seat
from services.cases.model.participants import Invitation, Presence
from services.cases.model.plan import PlanState, Told
from services.cases.schemas.agenda import AgendaItemView, PackMeetingView, PackPersonView, item_fields
from services.cases.schemas.discussions import FactView, RisksView
from services.cases.schemas.views import View
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, Instant


class AttendanceView(View):
    """An agency that was invited, and whether it came."""

    agency: str = Field(examples=["police"])
    unit: str | None
    seat: Seat
    presence: Presence | None = Field(description="Null where nobody has recorded it.")
    people: int | None

    @classmethod
    def of(cls, invitation: Invitation) -> Self:
        """The same in public words."""
        return cls.model_validate(invitation)


class DeclaredConflictView(View):
    """A member had said by that day that the case is too close, and left the discussion."""

    agency: str | None = Field(description="For which agency; told to who leads the network alone.")
    declared_on: Day


class RecordView(View):
    """What was said of the case, in the last version; a draft until the chair has closed it."""

    state: DiscussionState
    version: int
    closed_at: Instant | None
    wishes: Annotated[str | None, FieldClass("narrative")]
    facts: Annotated[list[FactView], FieldClass("narrative")]
    risks: Annotated[RisksView, FieldClass("risk")]
    decisions: Annotated[str | None, FieldClass("narrative")]

    @classmethod
    def of(cls, found: Discussion) -> Self:
        """The same in public words."""
        return cls(
            state=found.state,
            version=found.version,
            closed_at=found.closed_at,
            wishes=found.said.wishes,
            facts=[FactView.model_validate(fact) for fact in found.said.facts],
            risks=RisksView.model_validate(found.said.risks),
            decisions=found.said.decisions,
        )


class MinutesActionView(View):
    """An action that the meeting asked for."""

    id: UUID
    state: PlanState
    agency: str | None = Field(description="Who is asked for it, or has it.", examples=["police"])
    due_on: Day
    what: Annotated[str, FieldClass("narrative")]
    outcome_wanted: Annotated[str, FieldClass("narrative")]

    @classmethod
    def of(cls, told: Told) -> Self:
        """The same in public words."""
        planned, content = told.planned, told.content
        return cls(
            id=planned.id,
            state=planned.state,
            agency=planned.agency,
            due_on=planned.due_on,
            what=content.what,
            outcome_wanted=content.outcome_wanted,
        )


class MinutesItemView(AgendaItemView):
    """A case that was on the agenda."""

    people: list[PackPersonView]
    conflicts: list[DeclaredConflictView]
    record: RecordView | None = Field(description="Null where nothing was written down.")
    actions: list[MinutesActionView]

    @classmethod
    def whole(cls, found: MinutesItem) -> Self:
        """The same in public words."""
        return cls(
            **item_fields(found.item),
            people=[PackPersonView.of(part) for part in found.people],
            conflicts=[DeclaredConflictView.model_validate(each) for each in found.conflicts],
            record=None if found.record is None else RecordView.of(found.record),
            actions=[MinutesActionView.of(each) for each in found.actions],
        )


class MinutesView(View):
    """The minutes of a meeting that was held, as far as the caller may see them."""

    meeting: PackMeetingView
    attendance: list[AttendanceView]
    items: list[MinutesItemView]

    @classmethod
    def of(cls, found: Minutes) -> Self:
        """The same in public words."""
        return cls(
            meeting=PackMeetingView.of(found.meeting),
            attendance=[AttendanceView.of(each) for each in found.attendance],
            items=[MinutesItemView.whole(each) for each in found.items],
        )
