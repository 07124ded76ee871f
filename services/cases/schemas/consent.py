"""Facts of consent, objection and legal basis, and how things stand."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.consent import (
    Capacity,
    ConsentValue,
    FactKind,
    Informed,
    Manner,
    Scope,
    Standing,
    ToldFact,
    WhyNot,
    Wish,
    WordedFact,
    Words,
)
from services.cases.model.ids import PersonId
from services.cases.schemas.referral import Language, Message, View
from services.cases.schemas.screening import Code
from services.kit.fieldclass import FieldClass
from services.kit.fields import FreeText, Instant
from services.kit.paging import Page

_EXAMPLE = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"


class ConsentFactIn(Message):
    """One fact about one person; which fields it has follows from its kind.

    ``informed``: told or not-told (then with a reason). ``wish``: wants-help, no-help or undecided, the words
    in the note. ``consent``: given, refused or withdrawn, with scope, manner and capacity. ``objection``:
    objects or lifted. ``basis``: the code of a statutory basis, with necessity and proportionality in words.
    """

    person_id: UUID = Field(examples=[_EXAMPLE])
    kind: Literal[FactKind.INFORMED, FactKind.WISH, FactKind.CONSENT, FactKind.OBJECTION, FactKind.BASIS] = (
        Field(examples=["consent"])
    )
    value: Code = Field(examples=["given"])
    said_at: Instant = Field(description="When it was said or came to be; not when it is written down.")
    scope: list[Scope] = Field(default_factory=list, max_length=len(Scope), examples=[["sharing"]])
    manner: Manner | None = Field(default=None, examples=["in-person"])
    language: Language | None = Field(default=None, examples=["et"])
    capacity: Capacity | None = Field(default=None, examples=["able"])
    reason: WhyNot | None = None
    agency: Code | None = Field(
        default=None, description="The agency to which it was said.", examples=["police"]
    )
    note: FreeText | None = None
    necessity: FreeText | None = None
    proportionality: FreeText | None = None

    def told(self) -> ToldFact:
        """The same, without the form."""
        return ToldFact(
            person=PersonId(self.person_id),
            kind=self.kind,
            value=self.value,
            said_at=self.said_at,
            scope=tuple(dict.fromkeys(self.scope)),
            manner=self.manner,
            language=self.language,
            capacity=self.capacity,
            reason=self.reason,
            agency=self.agency,
            words=Words(self.note, self.necessity, self.proportionality),
        )


class VoidIn(Message):
    """Why a fact is taken back: it was entered in error, or about the wrong person."""

    reason: WhyNot = Field(examples=["entered-in-error"])
    note: FreeText | None = None


class ConsentFactView(View):
    """A fact as it was written down; ``voids`` names the fact that it takes back."""

    id: UUID = Field(examples=[_EXAMPLE])
    case_id: UUID
    person_id: UUID
    kind: FactKind
    value: str
    said_at: Instant
    recorded_at: Instant
    recorded_by: str
    scope: list[Scope]
    manner: Manner | None
    language: str | None
    capacity: Capacity | None
    reason: WhyNot | None
    agency: str | None
    voids: UUID | None
    voided: bool = Field(description="It was taken back, and counts for nothing.")
    note: Annotated[str | None, FieldClass("narrative")]
    necessity: Annotated[str | None, FieldClass("narrative")]
    proportionality: Annotated[str | None, FieldClass("narrative")]

    @classmethod
    def of(cls, worded: WordedFact) -> Self:
        """The same in public words."""
        fact, words = worded.fact, worded.words
        return cls(
            id=fact.id,
            case_id=fact.case,
            person_id=fact.person,
            kind=fact.kind,
            value=fact.value,
            said_at=fact.said_at,
            recorded_at=fact.recorded_at,
            recorded_by=fact.recorded_by,
            scope=list(fact.scope),
            manner=fact.manner,
            language=fact.language,
            capacity=fact.capacity,
            reason=fact.reason,
            agency=fact.agency,
            voids=fact.voids,
            voided=worded.voided,
            note=words.note,
            necessity=words.necessity,
            proportionality=words.proportionality,
        )


class ConsentFactPage(View):
    """Facts of a case, the last recorded first."""

    items: list[ConsentFactView]
    next: str | None

    @classmethod
    def of(cls, page: Page[WordedFact]) -> Self:
        """The page as it is shown."""
        return cls(items=[ConsentFactView.of(each) for each in page.items], next=page.next)


class StandingView(View):
    """How things stand with one person, after all facts that hold."""

    person_id: UUID = Field(examples=[_EXAMPLE])
    informed: Informed | None
    informed_at: Instant | None
    reason: WhyNot | None = Field(description="Why the person was not told.")
    wish: Wish | None
    consent: ConsentValue | None = Field(description="Null: not asked. Given while it is for any scope.")
    consent_at: Instant | None
    scopes: list[Scope] = Field(description="What consent covers now.")
    objects_since: Instant | None = Field(
        description="OAS § 7(5): since then nothing is offered to this person."
    )
    bases: list[str] = Field(
        description="Statutory bases that were found, by their codes.", examples=[["oas-10-1"]]
    )

    @classmethod
    def of(cls, standing: Standing) -> Self:
        """The same in public words."""
        return cls(
            person_id=standing.person,
            informed=standing.informed,
            informed_at=standing.informed_at,
            reason=standing.reason,
            wish=standing.wish,
            consent=standing.consent,
            consent_at=standing.consent_at,
            scopes=list(standing.scopes),
            objects_since=standing.objects_since,
            bases=list(standing.bases),
        )


class ConsentView(View):
    """How things stand with everybody in a case of whom there is a fact."""

    items: list[StandingView]

    @classmethod
    def of(cls, standings: Iterable[Standing]) -> Self:
        """The same in public words."""
        return cls(items=[StandingView.of(each) for each in standings])
