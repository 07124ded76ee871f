"""Exclusions as people write and read them."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from services.cases.model.exclusions import Exclusion, ExclusionKind, NewExclusion
from services.cases.schemas.referral import Client, Message, View
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, Instant
from services.kit.paging import Page

Reason = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=2000)]
_MEMBER = "What tokens call the member."
_UNTIL = "The first day on which it no longer holds; null: until somebody ends it."


class ConflictIn(Message):
    """A conflict of interest that a member declares of oneself."""

    kind: ExclusionKind = Field(examples=["relative"])
    reason: Reason = Field(examples=["The victim is my cousin."])
    until: Day | None = Field(default=None, description=_UNTIL)

    def of(self, member: str) -> NewExclusion:
        """The same in the words of the model."""
        return NewExclusion(member, self.kind, self.reason, self.until)


class ExclusionIn(Message):
    """From which member a case is kept, and why."""

    member: Client = Field(description=_MEMBER, examples=["m-4ba2yd5wq6rm3lfd7xk2ce2vhy"])
    kind: ExclusionKind = Field(examples=["same-household"])
    reason: Reason = Field(examples=["Lives with the threatening person."])
    until: Day | None = Field(default=None, description=_UNTIL)

    def new(self) -> NewExclusion:
        """The same in the words of the model."""
        return NewExclusion(self.member, self.kind, self.reason, self.until)


class ConflictView(View):
    """A conflict was declared: from now on there is no such case for who declared it."""

    id: UUID
    case_id: UUID


class ExclusionView(View):
    """A case is kept from a member; ended, it is history."""

    id: UUID
    case_id: UUID
    member: str = Field(description=_MEMBER)
    kind: ExclusionKind
    state: str = Field(examples=["in-force"])
    reason: Annotated[str | None, FieldClass("narrative")]
    until: Day | None = Field(description=_UNTIL)
    recorded_by: str
    recorded_at: Instant
    ended_by: str | None
    ended_at: Instant | None
    version: int

    @classmethod
    def of(cls, exclusion: Exclusion) -> Self:
        """The same in public words."""
        return cls(
            id=exclusion.id,
            case_id=exclusion.case,
            member=exclusion.member,
            kind=exclusion.kind,
            state=exclusion.state,
            reason=exclusion.reason,
            until=exclusion.until,
            recorded_by=exclusion.recorded_by,
            recorded_at=exclusion.recorded_at,
            ended_by=exclusion.ended_by,
            ended_at=exclusion.ended_at,
            version=exclusion.version,
        )


class ExclusionPage(View):
    """Exclusions, the newest first."""

    items: list[ExclusionView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Exclusion]) -> Self:
        """The same in public words."""
        return cls(items=[ExclusionView.of(one) for one in page.items], next=page.next)
