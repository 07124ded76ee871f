"""How people in a case stand to each other, in public words."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.codes import Role
from services.cases.model.ids import PersonId
from services.cases.model.relations import Change, Dyad, End, KeptDyad
from services.cases.schemas.records import Code
from services.cases.schemas.referral import Message, View
from services.kit.disclose import FieldClass
from services.kit.fields import Day, FreeText, Instant


class EndIn(Message):
    """Somebody in the case, in their role."""

    person_id: UUID
    role: Role

    def end(self) -> End:
        """The same in the words of the model."""
        return End(PersonId(self.person_id), self.role)


class RelationIn(Message):
    """Who to whom, of what kind, and who says so."""

    type: Code = Field(examples=["threatens"])
    source_end: EndIn = Field(alias="from")
    target_end: EndIn = Field(alias="to")
    source: Code = Field(examples=["police"])
    valid_from: Day | None = None
    valid_to: Day | None = None
    note: FreeText | None = None

    def dyad(self) -> Dyad:
        """The same in the words of the model."""
        return Dyad(
            self.type,
            self.source_end.end(),
            self.target_end.end(),
            self.source,
            self.valid_from,
            self.valid_to,
            self.note,
        )


class RelationChangeIn(Message):
    """What becomes of a relation; a reason for what takes it away."""

    action: Change
    reason: Code | None = Field(default=None, examples=["not-confirmed"])


class EndView(View):
    """Somebody in the case, in their role."""

    person_id: UUID
    role: Role


class RelationView(View):
    """A dyad: who to whom. The other direction is another dyad, with a state of its own."""

    id: UUID
    case_id: UUID
    type: Annotated[str, Field(examples=["threatens"]), FieldClass("risk")]
    source_end: Annotated[EndView, Field(alias="from"), FieldClass("risk")]
    target_end: Annotated[EndView, Field(alias="to"), FieldClass("risk")]
    source: Annotated[str, FieldClass("risk")]
    valid_from: Annotated[Day | None, FieldClass("risk")]
    valid_to: Annotated[Day | None, Field(description="Exclusive."), FieldClass("risk")]
    note: Annotated[str | None, FieldClass("narrative")]
    state: str = Field(examples=["told"])
    reason: str | None
    recorded_at: Instant
    recorded_by: str = Field(description="What tokens call who recorded it.")
    version: int

    @classmethod
    def of(cls, kept: KeptDyad) -> Self:
        """The same in public words."""
        dyad = kept.dyad
        return cls(
            id=kept.id,
            case_id=kept.case,
            type=dyad.type,
            source_end=_end(dyad.source),
            target_end=_end(dyad.target),
            source=dyad.told_by,
            valid_from=dyad.valid_from,
            valid_to=dyad.valid_to,
            note=dyad.note,
            state=kept.state,
            reason=kept.reason,
            recorded_at=kept.recorded_at,
            recorded_by=kept.recorded_by,
            version=kept.version,
        )


def _end(end: End) -> EndView:
    return EndView(person_id=end.person, role=end.role)


class RelationList(View):
    """The dyads of a case, threats first."""

    items: list[RelationView]

    @classmethod
    def of(cls, found: Sequence[KeptDyad]) -> Self:
        """The same in public words."""
        return cls(items=[RelationView.of(one) for one in found])
