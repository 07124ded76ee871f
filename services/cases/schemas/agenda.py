"""Agendas, as they are told and shown: ids, codes and minutes, nothing about anybody."""

from collections.abc import Sequence
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.agenda import Agenda, AgendaItem, ItemState, Load, Outcome, Proposal, Why
from services.cases.model.codes import Relation, Role
from services.cases.model.dossiers import Part
from services.cases.model.meetings import Meeting, MeetingKind, MeetingState
from services.cases.model.packs import Pack, PackItem
from services.cases.model.research import ResearchState
from services.cases.schemas.meetings import TimeOfDay
from services.cases.schemas.referral import Message
from services.cases.schemas.screening import Code
from services.cases.schemas.views import View
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, Whole

_ID = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"


class AgendaItemIn(Message):
    """A case for the agenda."""

    case_id: UUID = Field(examples=[_ID])
    minutes: Whole | None = Field(default=None, description="If it needs other than the usual time.")
    late_reason: Code | None = Field(
        default=None, description="Why it comes after the agenda has closed.", examples=["urgent"]
    )


class TakeOffIn(Message):
    """Why a case is not discussed."""

    reason: Code = Field(examples=["next-meeting"])


class AgendaItemView(View):
    """A case on an agenda."""

    id: UUID = Field(examples=[_ID])
    meeting_id: UUID
    case_id: UUID
    meets_on: Day
    why: Why
    minutes: int
    position: int
    state: ItemState
    late_reason: str | None
    reason: str | None = Field(description="Why it was taken off.")
    outcome: Outcome | None
    review_on: Day | None
    version: int

    @classmethod
    def of(cls, item: AgendaItem) -> Self:
        """The same in public words."""
        return cls(
            id=item.id,
            meeting_id=item.meeting,
            case_id=item.case,
            meets_on=item.meets_on,
            why=item.why,
            minutes=item.minutes,
            position=item.position,
            state=item.state,
            late_reason=item.late_reason,
            reason=item.reason,
            outcome=item.outcome,
            review_on=item.review_on,
            version=item.version,
        )


def item_fields(item: AgendaItem) -> dict[str, Any]:
    """The fields of an item, for what is more than one."""
    view = AgendaItemView.of(item)
    return {name: getattr(view, name) for name in AgendaItemView.model_fields}


class LoadView(View):
    """How full the meeting is."""

    cases: int
    minutes: int
    available: int = Field(description="Minutes that the meeting has.")
    over: int = Field(description="Minutes that do not fit; 0 when all fits.")


def _load(load: Load) -> LoadView:
    return LoadView(cases=load.cases, minutes=load.minutes, available=load.available, over=load.over)


class AgendaView(View):
    """The items that the caller may see, and how full the meeting is by them."""

    items: list[AgendaItemView]
    load: LoadView

    @classmethod
    def of(cls, agenda: Agenda) -> Self:
        """The same in public words."""
        return cls(items=[AgendaItemView.of(each) for each in agenda.items], load=_load(agenda.load))


class ProposalView(View):
    """A case that should be on the agenda."""

    case_id: UUID = Field(examples=[_ID])
    why: Why
    opened_on: Day
    discussed_on: Day | None
    review_on: Day | None


class ProposalsView(View):
    """New cases first, then those due for review, each from the longest waiting on; at the most a hundred."""

    items: list[ProposalView]

    @classmethod
    def of(cls, proposals: Sequence[Proposal]) -> Self:
        """The same in public words."""
        return cls(
            items=[
                ProposalView(
                    case_id=each.case,
                    why=each.why,
                    opened_on=each.opened_on,
                    discussed_on=each.discussed_on,
                    review_on=each.review_on,
                )
                for each in proposals
            ]
        )


class PackMeetingView(View):
    """Which meeting a document is of."""

    id: UUID = Field(examples=[_ID])
    region: str = Field(examples=["polva"])
    kind: MeetingKind
    state: MeetingState
    meets_on: Day
    starts_at: TimeOfDay = Field(examples=["13:00"])
    place: str

    @classmethod
    def of(cls, meeting: Meeting) -> Self:
        """The same in public words."""
        return cls(
            id=meeting.id,
            region=meeting.region,
            kind=meeting.kind,
            state=meeting.state,
            meets_on=meeting.meets_on,
            starts_at=f"{meeting.room.starts_at:%H:%M}",
            place=meeting.room.place,
        )


class PackPersonView(View):
    """Somebody in a case."""

    person_id: UUID
    role: Role
    relation_to_victim: Relation | None
    given_name: Annotated[str, FieldClass("identity")]
    family_name: Annotated[str, FieldClass("identity")]
    birth_date: Annotated[Day, FieldClass("identity")]

    @classmethod
    def of(cls, part: Part) -> Self:
        """The same in public words."""
        return cls(
            person_id=part.person_id,
            role=part.role,
            relation_to_victim=part.relation_to_victim,
            given_name=part.identity.given_name,
            family_name=part.identity.family_name,
            birth_date=part.identity.birth_date,
        )


class ReturnView(View):
    """What an agency was asked, and has told."""

    agency: str
    state: ResearchState
    text: Annotated[str | None, FieldClass("narrative")]


class PackItemView(AgendaItemView):
    """A case on the agenda, with its people, the victim first, and what agencies told."""

    people: list[PackPersonView]
    returns: list[ReturnView]

    @classmethod
    def whole(cls, found: PackItem) -> Self:
        """The same in public words."""
        people = [PackPersonView.of(part) for part in found.people]
        returns = [ReturnView.model_validate(each) for each in found.returns]
        return cls(**item_fields(found.item), people=people, returns=returns)


class PackView(View):
    """The contents of an agenda, as far as the caller may see them."""

    meeting: PackMeetingView
    items: list[PackItemView]

    @classmethod
    def of(cls, found: Pack) -> Self:
        """The same in public words."""
        items = [PackItemView.whole(each) for each in found.items]
        return cls(meeting=PackMeetingView.of(found.meeting), items=items)
