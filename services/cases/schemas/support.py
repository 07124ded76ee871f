"""Support persons: the pool of a region, and who stands by whom."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from services.cases.model.support import (
    Assignment,
    Candidate,
    Particulars,
    Supervision,
    SupportPerson,
    Terms,
)
from services.cases.schemas.networks import Email, Phone
from services.cases.schemas.referral import Language, Message
from services.cases.schemas.screening import Code
from services.cases.schemas.views import View
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, Instant, Name
from services.kit.paging import Page

Subject = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=255)]
PersonalCode = Annotated[
    str, StringConstraints(strict=True, pattern="^[0-9]{11}$"), Field(examples=["48805042711"])
]
_EXAMPLE = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"


class SupportPersonChangeIn(Message):
    """Who somebody is, and by which terms they work."""

    name: Name = Field(examples=["Mari Maasikas"])
    phone: Phone | None = None
    email: Email | None = None
    subject: Subject | None = Field(default=None, description="What tokens call them, if they log in.")
    languages: list[Language] = Field(min_length=1, max_length=20, examples=[["et", "ru"]])
    places: int = Field(strict=True, ge=0, le=50, description="Cases at a time.", examples=[2])
    contract_from: Day | None = None
    contract_to: Day | None = Field(default=None, description="The first day on which it no longer holds.")

    def particulars(self) -> Particulars:
        """Who it is."""
        return Particulars(self.name, self.phone, self.email)

    def terms(self) -> Terms:
        """By which terms."""
        return Terms(tuple(self.languages), self.places, self.contract_from, self.contract_to)


class SupportPersonIn(SupportPersonChangeIn):
    """Somebody new in the pool."""

    personal_code: PersonalCode | None = Field(
        default=None, description="Kept blind, to find a conflict of interest; cannot be read again."
    )


class TrainingIn(Message):
    """A module that somebody completed."""

    module: Code = Field(examples=["module-1"])
    completed_on: Day = Field(examples=["2018-02-10"])


class TrainingView(View):
    """A completed module."""

    module: str
    completed_on: Day


class SupportPersonView(View):
    """Somebody in the pool of a region."""

    id: UUID = Field(examples=[_EXAMPLE])
    region: str
    name: Annotated[str, FieldClass("identity")]
    phone: Annotated[str | None, FieldClass("contact")]
    email: Annotated[str | None, FieldClass("contact")]
    subject: str | None
    languages: list[str]
    places: int
    active: int = Field(description="Cases that they stand by now.")
    contract_from: Day | None
    contract_to: Day | None
    trained: list[TrainingView]
    version: int

    @classmethod
    def of(cls, person: SupportPerson) -> Self:
        """The same in public words."""
        told, terms = person.particulars, person.terms
        trained = sorted(person.trained.items(), key=lambda one: (one[1], one[0]))
        return cls(
            id=person.id,
            region=person.region,
            name=told.name,
            phone=told.phone,
            email=told.email,
            subject=person.subject,
            languages=list(terms.languages),
            places=terms.places,
            active=person.active,
            contract_from=terms.contract_from,
            contract_to=terms.contract_to,
            trained=[TrainingView(module=module, completed_on=day) for module, day in trained],
            version=person.version,
        )


class SupportPersonPage(View):
    """The pool of a region."""

    items: list[SupportPersonView]
    next: str | None

    @classmethod
    def of(cls, page: Page[SupportPerson]) -> Self:
        """The same in public words."""
        return cls(items=[SupportPersonView.of(one) for one in page.items], next=page.next)


class CandidateView(View):
    """Somebody who can be asked today; the first in the list should be asked first."""

    support_person: UUID
    name: Annotated[str, FieldClass("identity")]
    speaks: bool | None = Field(description="The victim's language; null when it is not known.")
    free_places: int
    last_assigned_on: Day | None


class CandidatesView(View):
    """Who can be asked to stand by the victim of a case."""

    case_id: UUID
    items: list[CandidateView]

    @classmethod
    def of(cls, case: UUID, candidates: Sequence[Candidate]) -> Self:
        """The same in public words."""
        return cls(case_id=case, items=[_candidate(one) for one in candidates])


class AssignmentIn(Message):
    """Somebody stands by the victim from a day on."""

    support_person: UUID = Field(examples=[_EXAMPLE])
    started_on: Day = Field(examples=["2018-03-02"])


class AssignmentEndIn(Message):
    """How an assignment ends; a hand-over names who goes on from the same day."""

    ended_on: Day = Field(examples=["2018-09-02"])
    reason: Code = Field(examples=["no-longer-needed"])
    hand_over_to: UUID | None = None


class AssignmentView(View):
    """Somebody stands, or stood, by the victim."""

    id: UUID
    support_person: UUID
    name: Annotated[str | None, FieldClass("identity")] = Field(
        description="Null to those who do not see the pool."
    )
    state: str
    started_on: Day
    ended_on: Day | None
    reason: str | None
    version: int


class AssignmentsView(View):
    """Who stood by the victim of a case, the newest first."""

    case_id: UUID
    items: list[AssignmentView]

    @classmethod
    def of(cls, case: UUID, assignments: Sequence[Assignment]) -> Self:
        """The same in public words."""
        return cls(case_id=case, items=[AssignmentView.model_validate(one) for one in assignments])


class SupervisionIn(Message):
    """Support persons were guided, or advised each other."""

    kind: Code = Field(examples=["supervision"])
    held_on: Day = Field(examples=["2018-05-15"])
    minutes: int = Field(strict=True, ge=1, le=1440, examples=[90])
    participants: list[UUID] = Field(min_length=1, max_length=200)


class SupervisionView(View):
    """A supervision or covision."""

    id: UUID
    region: str
    kind: str
    held_on: Day
    minutes: int
    participants: list[UUID]
    recorded_by: str
    recorded_at: Instant


class SupervisionPage(View):
    """Supervisions, the newest first."""

    items: list[SupervisionView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Supervision]) -> Self:
        """The same in public words."""
        return cls(items=[SupervisionView.model_validate(one) for one in page.items], next=page.next)


def _candidate(candidate: Candidate) -> CandidateView:
    person = candidate.person
    return CandidateView(
        support_person=person.id,
        name=person.particulars.name,
        speaks=candidate.speaks,
        free_places=candidate.free_places,
        last_assigned_on=person.last_assigned_on,
    )
