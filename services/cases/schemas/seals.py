"""Seals of cases as people write and read them."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.seals import Seal
from services.cases.schemas.exclusions import Reason
from services.cases.schemas.referral import Client, Message, View
from services.kit.fieldclass import FieldClass
from services.kit.fields import Instant

_MEMBER = "m-4ba2yd5wq6rm3lfd7xk2ce2vhy"
Members = Annotated[
    list[Client],
    Field(
        min_length=1,
        max_length=50,
        description="Who may still see the case, as tokens call them; whoever writes the list is on it.",
        examples=[[_MEMBER]],
    ),
]


class SealIn(Message):
    """Why a case is sealed, and for whom it is still there."""

    reason: Reason = Field(examples=["The threatening person works for an agency of the network."])
    members: Members


class NamedIn(Message):
    """Who may see a sealed case: these, and nobody else."""

    members: Members


class UnsealingView(View):
    """Somebody wants the seal taken off; another person of another agency must agree."""

    by: str
    agency: str = Field(examples=["police"])
    at: Instant


class SealView(View):
    """The seal of a case."""

    id: UUID
    case_id: UUID
    state: str = Field(examples=["sealed"])
    reason: Annotated[str | None, FieldClass("narrative")]
    members: list[str]
    sealed_by: str
    sealed_at: Instant
    unsealing: UnsealingView | None = Field(description="What was proposed; null when nothing is.")
    version: int

    @classmethod
    def of(cls, seal: Seal) -> Self:
        """The same in public words."""
        asked = seal.proposal
        unsealing = None if asked is None else UnsealingView(by=asked.by, agency=asked.agency, at=asked.at)
        return cls(
            id=seal.id,
            case_id=seal.case,
            state=seal.state,
            reason=seal.reason,
            members=list(seal.members),
            sealed_by=seal.sealed_by,
            sealed_at=seal.sealed_at,
            unsealing=unsealing,
            version=seal.version,
        )
