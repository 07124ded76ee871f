"""Who is in a case, and who is to be added to it."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.codes import Relation, Role, Sex
from services.cases.model.parties import Newcomer, Origin, Party
from services.cases.schemas.records import Code, CodeText
from services.cases.schemas.referral import Message, View
from services.kit.fields import Day, Instant, Name


class PartyIn(Message):
    """Somebody whom no referral names; the victim is named by referrals alone."""

    role: Literal[Role.THREATENING_PERSON, Role.CHILD, Role.OTHER]
    relation_to_victim: Relation
    sex: Sex
    given_name: Name
    family_name: Name
    personal_code: Annotated[CodeText | None, Field(examples=["48805042711"])] = None
    birth_date: Day | None = None
    confidence: Code = Field(
        description="How sure code and birth date are; by an estimated one nobody is recognised.",
        examples=["document"],
    )
    source: Code = Field(examples=["victim"])

    def newcomer(self) -> Newcomer:
        """The same in the words of the model."""
        return Newcomer(
            role=self.role,
            relation=self.relation_to_victim,
            sex=self.sex,
            given_name=self.given_name,
            family_name=self.family_name,
            personal_code=self.personal_code,
            birth_date=self.birth_date,
            confidence=self.confidence,
            source=self.source,
        )


class CasePersonView(View):
    """Somebody in a case. Who it is stands in the entries and in the referral."""

    id: UUID
    case_id: UUID
    person_id: UUID
    role: Role
    relation_to_victim: Relation | None
    sex: Sex
    origin: Origin
    state: str = Field(examples=["taking-part"])
    reason: str | None = Field(description="Why they were removed.")
    since: Instant
    by: str | None = Field(description="What tokens call who added them; null where a referral did.")
    version: int

    @classmethod
    def of(cls, one: Party) -> Self:
        """The same in public words."""
        return cls(
            id=one.id,
            case_id=one.case,
            person_id=one.person,
            role=one.role,
            relation_to_victim=one.relation,
            sex=one.sex,
            origin=one.origin,
            state=one.state,
            reason=one.reason,
            since=one.since,
            by=one.by,
            version=one.version,
        )


class CasePeople(View):
    """Everybody in a case, the victim first."""

    items: list[CasePersonView]

    @classmethod
    def of(cls, found: Sequence[Party]) -> Self:
        """The same in public words."""
        return cls(items=[CasePersonView.of(one) for one in found])
