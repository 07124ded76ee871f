"""Who might be the same person, and why; merges as they are proposed, done and undone."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.matching import Agreement, Double, Doubles, Merge, MergeState, Verdict
from services.cases.schemas.records import Code
from services.cases.schemas.referral import Message, View
from services.kit.disclose import FieldClass
from services.kit.fields import Instant


class MergeIn(Message):
    """That two people are one, and why."""

    other: UUID
    reason: Code = Field(examples=["told-otherwise"])


class MergeDecisionIn(Message):
    """What a person decides about a proposal; a reason for a refusal."""

    decision: Literal["merge", "refuse"]
    reason: Code | None = Field(default=None, examples=["other-person"])


class MergeView(View):
    """Two ids of one person, or a proposal that they are."""

    id: UUID
    one: UUID
    other: UUID
    state: MergeState
    reason: str
    proposed_at: Instant
    proposed_by: str = Field(description="What tokens call who proposed it.")
    decided_at: Instant | None
    decided_by: str | None
    decision_reason: str | None
    undone_at: Instant | None
    undone_by: str | None
    undone_reason: str | None
    version: int

    @classmethod
    def of(cls, merge: Merge) -> Self:
        """The same in public words."""
        return cls(**{name: getattr(merge, name) for name in cls.model_fields})


class MergeList(View):
    """Merges of a person, the newest first."""

    items: list[MergeView]

    @classmethod
    def of(cls, merges: Sequence[Merge]) -> Self:
        """The same in public words."""
        return cls(items=[MergeView.of(one) for one in merges])


class ComparedView(View):
    """How a field of the two compares, and what that adds, in hundredths of a bit."""

    field: str = Field(examples=["birth-date"])
    agreement: Agreement
    weight: int


class CandidateView(View):
    """Somebody who might be the same person. The weight is the prior's and those of the fields together."""

    person_id: UUID
    verdict: Annotated[Verdict, FieldClass("identity")]
    per_mille: Annotated[int, Field(description="The probability, rounded down."), FieldClass("identity")]
    weight: Annotated[int, FieldClass("identity")]
    prior_weight: Annotated[int, FieldClass("identity")]
    fields: Annotated[list[ComparedView], FieldClass("identity")]
    merge_id: UUID | None = Field(description="The last merge of the two, if there was one.")
    merge_state: MergeState | None

    @classmethod
    def of(cls, one: Double) -> Self:
        """The same in public words."""
        like = one.likeness
        return cls(
            person_id=one.person,
            verdict=like.verdict,
            per_mille=like.per_mille,
            weight=like.weight,
            prior_weight=like.start,
            fields=[
                ComparedView(field=each.field, agreement=each.agreement, weight=each.weight)
                for each in like.fields
            ],
            merge_id=None if one.merge is None else one.merge.id,
            merge_state=None if one.merge is None else one.merge.state,
        )


class CandidateList(View):
    """Who might be the same person, the likeliest first, and by which version of the weights."""

    person_id: UUID
    same: list[UUID] = Field(description="The ids that are this person already.")
    rule: str = Field(examples=["2026-11-29"])
    items: list[CandidateView]

    @classmethod
    def of(cls, found: Doubles) -> Self:
        """The same in public words."""
        items = [CandidateView.of(one) for one in found.found]
        return cls(person_id=found.person, same=list(found.same), rule=found.rule, items=items)
