"""Notices about children: what child protection reads, and what people read and decide of them."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.children import Noted, NoticeDecision
from services.cases.model.codes import ChildNoticeState, Role, Sex
from services.cases.schemas.referral import Message, Municipality, Reference, View
from services.cases.schemas.screening import Code
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, FreeText, Instant

_EXAMPLE = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"


class SubmitChildNoticeView(View):
    """What the municipality of residence is told of a child: the fields that the published rule lists."""

    kind: Literal["submitChildNotice"]
    number: UUID = Field(examples=[_EXAMPLE])
    version: int = Field(ge=1)
    reference: Reference
    municipality: Annotated[Municipality, FieldClass("contact")]
    role: Role
    referred_on: Day
    occurred_at: Instant
    personal_code: Annotated[str | None, FieldClass("identity")]
    birth_date: Annotated[Day, FieldClass("identity")]
    given_name: Annotated[str, FieldClass("identity")]
    family_name: Annotated[str, FieldClass("identity")]
    sex: Sex
    address: Annotated[str | None, FieldClass("contact")]


class AnnouncedIn(Message):
    """A notice about a child: by the event that announced it, and its number."""

    event: UUID = Field(examples=[_EXAMPLE])
    number: UUID = Field(examples=[_EXAMPLE], description="The child's part in the referral.")


class AnnouncedListIn(Message):
    """Notices that leave in one call, each by itself."""

    items: list[AnnouncedIn] = Field(min_length=1, max_length=64)


class NotToldView(View):
    """Why one of several notices does not leave, as the problem of a single one says it."""

    type: str = Field(examples=["urn:turvavork:problem:child-notice-stopped"])
    status: int


class ChildOutcomeView(View):
    """What became of one of several notices: one of the two is there."""

    told: SubmitChildNoticeView | None = None
    refused: NotToldView | None = None


class ChildOutcomesView(View):
    """As many as were asked for, in the same order."""

    items: list[ChildOutcomeView]


class ChildNoticeView(View):
    """A notice about a child as it stands; without a municipality it waits for a person to say which."""

    number: UUID = Field(examples=[_EXAMPLE], description="The child's part in the referral.")
    version: int
    role: Role
    municipality: Annotated[str | None, FieldClass("contact")]
    state: ChildNoticeState
    reason: str | None
    settled_at: Instant | None
    note: Annotated[str | None, FieldClass("narrative")]
    decision: str | None = Field(
        description="What the municipality decided.", examples=["proceedings-opened"]
    )
    decided_on: Day | None
    decision_due_on: Day | None = Field(description="By when it decides; null while the notice has not left.")
    decision_overdue: bool


class ChildNoticesView(View):
    """The notices about the children of a referral."""

    items: list[ChildNoticeView]

    @classmethod
    def of(cls, noted: Iterable[Noted], today: date) -> Self:
        """The same in public words."""
        return cls(items=[_shown(each, today) for each in noted])


class StopIn(Message):
    """Why a notice about a child must not leave."""

    reason: Code = Field(examples=["told-otherwise"])
    note: FreeText | None = None


class DecisionIn(Message):
    """What the municipality decided about a notice (LasteKS § 29)."""

    decision: Code = Field(examples=["proceedings-opened"])
    decided_on: Day

    def facts(self) -> NoticeDecision:
        """The same in the words of the model."""
        return NoticeDecision(self.decision, self.decided_on)


class ResidenceIn(Message):
    """Where a child lives."""

    municipality: Municipality = Field(examples=["0698"], description="EHAK code of the municipality.")


def _shown(noted: Noted, today: date) -> ChildNoticeView:
    notice, due_on = noted.notice, None if noted.term is None else noted.term.due_on
    decided = notice.decision
    return ChildNoticeView(
        number=notice.number,
        version=notice.version,
        role=notice.role,
        municipality=notice.municipality,
        state=notice.state,
        reason=notice.reason,
        settled_at=notice.settled_at,
        note=noted.note,
        decision=None if decided is None else decided.code,
        decided_on=None if decided is None else decided.decided_on,
        decision_due_on=due_on,
        decision_overdue=decided is None and due_on is not None and due_on < today,
    )
