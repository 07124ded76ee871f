"""Appointments: proposed, decided, ended, and held by a deputy while somebody is away."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from services.cases.model.members import Absence, AppointmentRecord, AppointmentState, Deed, Office
from services.cases.schemas.referral import Message, RegionCode
from services.cases.schemas.screening import Code
from services.cases.schemas.views import View
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, Instant, Name

Subject = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9:-]{0,254}$")]
Identity = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z]{2}[A-Za-z0-9/+=-]{4,60}$")]
_EXAMPLE_ID = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"
_EXAMPLE_MEMBER = "m-4mtqx7cjr2ofbsvpwuh5ylkez3"


class AppointmentIn(Message):
    """An office is proposed to a person: named as a member, or as the issuer of logins names her."""

    member: Subject | None = Field(
        default=None, examples=[_EXAMPLE_MEMBER], description="What tokens call her; or else `identity`."
    )
    identity: Identity | None = Field(
        default=None,
        examples=["EE60001019906"],
        description="Who has never logged in: country and personal code. It is not kept.",
    )
    name: Name = Field(examples=["Mari-Liis Männik"])
    role: Code = Field(examples=["coordinator"])
    region: RegionCode | None = Field(default=None, examples=["polva"])
    agency: Code | None = None
    valid_from: Day
    valid_to: Day | None = Field(
        default=None, description="Exclusive; without it, the longest time there is."
    )

    def office(self) -> Office:
        """In the words of the model."""
        return Office(self.role, self.region, self.agency)


class AppointmentReasonIn(Message):
    """Why a proposal comes to nothing."""

    reason: Code = Field(examples=["not-needed"])


class AppointmentEndIn(Message):
    """Why an office ends, and when: today, where no day is said."""

    reason: Code = Field(examples=["left-employment"])
    valid_to: Day | None = Field(default=None, description="The first day on which it is no longer held.")


class AbsenceIn(Message):
    """From when until when (exclusive) somebody is away, and who holds the office then."""

    deputy: Subject = Field(examples=[_EXAMPLE_MEMBER])
    absent_from: Day
    absent_to: Day


class AbsenceEndIn(Message):
    """When an absence ends."""

    absent_to: Day = Field(description="The first day on which the deputy no longer holds the office.")


class DeedView(View):
    """Who did something when, and why where a reason is asked for."""

    by: str = Field(examples=[_EXAMPLE_MEMBER])
    at: Instant
    reason: str | None

    @classmethod
    def of(cls, deed: Deed | None) -> Self | None:
        """The same in public words."""
        return None if deed is None else cls(by=deed.by, at=deed.at, reason=deed.reason)


class AbsenceView(View):
    """Days on which a deputy holds the office, too."""

    id: UUID = Field(examples=[_EXAMPLE_ID])
    deputy: str = Field(examples=[_EXAMPLE_MEMBER])
    absent_from: Day
    absent_to: Day
    named_by: str
    ended_by: str | None
    version: int = Field(ge=1)

    @classmethod
    def of(cls, away: Absence) -> Self:
        """The same in public words."""
        return cls(
            id=away.id,
            deputy=away.deputy,
            absent_from=away.absent_from,
            absent_to=away.absent_to,
            named_by=away.named.by,
            ended_by=None if away.ended is None else away.ended.by,
            version=away.version,
        )


class AppointmentView(View):
    """An appointment from its proposal on; what is approved or ended is held between its days."""

    id: UUID = Field(examples=[_EXAMPLE_ID])
    member: str = Field(examples=[_EXAMPLE_MEMBER])
    name: Annotated[str | None, FieldClass("identity")]
    role: Code = Field(examples=["coordinator"])
    region: str | None = Field(examples=["polva"])
    agency: str | None
    valid_from: Day
    valid_to: Day | None
    state: AppointmentState
    proposed: DeedView
    decided: DeedView | None
    ended: DeedView | None
    absences: list[AbsenceView]
    version: int = Field(ge=1)

    @classmethod
    def of(cls, record: AppointmentRecord, absences: Sequence[Absence]) -> Self:
        """The same in public words."""
        proposed = record.proposed
        return cls(
            id=record.id,
            member=record.member,
            name=record.name,
            role=record.office.role,
            region=record.office.region,
            agency=record.office.agency,
            valid_from=record.valid_from,
            valid_to=record.valid_to,
            state=record.state,
            proposed=DeedView(by=proposed.by, at=proposed.at, reason=proposed.reason),
            decided=DeedView.of(record.decided),
            ended=DeedView.of(record.ended),
            absences=[AbsenceView.of(away) for away in absences],
            version=record.version,
        )


class AppointmentPage(View):
    """Appointments, the latest first day first."""

    items: list[AppointmentView]
    next: str | None
