"""Regions, kinds of agencies, and who sits in which network."""

from collections.abc import Mapping
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.cases.model.networks import Agency, Contact, NetworkMember, RegionSet, Seat, Sitting
from services.cases.model.published import Region
from services.cases.schemas.referral import Message, RegionCode
from services.cases.schemas.screening import Code
from services.cases.schemas.views import View
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, Name
from services.kit.paging import Page

Email = Annotated[
    str,
    StringConstraints(strict=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    Field(examples=["mari.maasikas@example.ee"]),
]
Phone = Annotated[
    str, StringConstraints(strict=True, pattern=r"^\+?[0-9][0-9 ]{2,24}$"), Field(examples=["+372 5555 0101"])
]
_EXAMPLE_ID = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"


class LabelView(BaseModel):
    """A name in the three languages."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)

    et: str = Field(examples=["Põlva"])
    ru: str = Field(examples=["Пылва"])
    en: str = Field(examples=["Põlva"])


class RegionView(View):
    """A regional network, at work from a day until another (exclusive)."""

    code: RegionCode = Field(examples=["polva"])
    label: LabelView
    county: str = Field(examples=["polvamaa"])
    other_names: list[str] = Field(examples=[["Kuressaare"]])
    valid_from: Day
    valid_to: Day | None
    source: str

    @classmethod
    def of(cls, region: Region) -> Self:
        """The same in public words."""
        return cls(
            code=region.code,
            label=_label(region.label),
            county=region.county,
            other_names=list(region.other_names),
            valid_from=region.valid_from,
            valid_to=region.valid_to,
            source=region.source,
        )


class RegionsView(View):
    """Regional networks, in the order in which they are published."""

    items: list[RegionView]


class SetRowView(View):
    """A row of a list: the name as its source prints it, and our code."""

    printed: str = Field(examples=["Tartumaa"])
    region: RegionCode = Field(examples=["tartu-linn"])


class RegionSetView(View):
    """The regions that a document of the programme lists for a day."""

    code: str = Field(examples=["2019"])
    label: LabelView
    on: Day
    source: str
    rows: list[SetRowView]

    @classmethod
    def of(cls, one: RegionSet) -> Self:
        """The same in public words."""
        rows = [SetRowView(printed=printed, region=region) for printed, region in one.rows]
        return cls(code=one.code, label=_label(one.label), on=one.on, source=one.source, rows=rows)


class RegionSetsView(View):
    """All lists, the earliest first."""

    items: list[RegionSetView]


class AgencyView(View):
    """A kind of agency, in networks from a day until another (exclusive)."""

    code: Code = Field(examples=["police"])
    label: LabelView
    seat: Seat = Field(description="Where it usually sits: at every meeting, or where a case needs it.")
    valid_from: Day
    valid_to: Day | None

    @classmethod
    def of(cls, agency: Agency) -> Self:
        """The same in public words."""
        return cls(
            code=agency.code,
            label=_label(agency.label),
            seat=agency.seat,
            valid_from=agency.valid_from,
            valid_to=agency.valid_to,
        )


class AgenciesView(View):
    """Kinds of agencies, in the order in which they are published."""

    items: list[AgencyView]


class ContactIn(Message):
    """How an agency is invited: the work contact of its unit, never a private one."""

    name: Name | None = None
    email: Email | None = Field(default=None, examples=["polva.vorgustik@politsei.example"])
    phone: Phone | None = Field(default=None, examples=["+372 799 0000"])

    def contact(self) -> Contact:
        """In the words of the model."""
        return Contact(self.name, self.email, self.phone)


class NetworkMemberIn(Message):
    """An agency comes to sit in a network."""

    agency: Code = Field(examples=["local-government"])
    unit: Name | None = Field(
        default=None, description="Tells two agencies of a kind apart.", examples=["Räpina vald"]
    )
    seat: Seat
    valid_from: Day
    valid_to: Day | None = None
    contact: ContactIn = ContactIn()

    def sitting(self) -> Sitting:
        """In the words of the model."""
        return Sitting(
            self.agency, self.unit, self.seat, self.valid_from, self.valid_to, self.contact.contact()
        )


class NetworkMemberChangeIn(Message):
    """Another seat or contact; another agency or unit is another member."""

    seat: Seat
    contact: ContactIn


class NetworkMemberEndIn(Message):
    """The agency leaves."""

    valid_to: Day = Field(description="The first day on which it no longer sits.")
    reason: Code = Field(examples=["replaced"])


class ContactView(View):
    """How an agency is invited."""

    name: str | None
    email: str | None
    phone: str | None


class NetworkMemberView(View):
    """An agency in a network, from a day until another (exclusive)."""

    id: UUID = Field(examples=[_EXAMPLE_ID])
    region: RegionCode = Field(examples=["polva"])
    agency: Code = Field(examples=["local-government"])
    unit: str | None = Field(examples=["Räpina vald"])
    seat: Seat
    valid_from: Day
    valid_to: Day | None
    leave_reason: str | None
    contact: Annotated[ContactView, FieldClass("contact")]
    version: int = Field(ge=1)

    @classmethod
    def of(cls, member: NetworkMember) -> Self:
        """The same in public words."""
        sitting = member.sitting
        return cls(
            id=member.id,
            region=member.region,
            agency=sitting.agency,
            unit=sitting.unit,
            seat=sitting.seat,
            valid_from=sitting.valid_from,
            valid_to=sitting.valid_to,
            leave_reason=member.left,
            contact=ContactView(
                name=sitting.contact.name, email=sitting.contact.email, phone=sitting.contact.phone
            ),
            version=member.version,
        )


class NetworkMemberPage(View):
    """Members of a network, those who came last first."""

    items: list[NetworkMemberView]
    next: str | None

    @classmethod
    def of(cls, page: Page[NetworkMember]) -> Self:
        """The same in public words."""
        return cls(items=[NetworkMemberView.of(one) for one in page.items], next=page.next)


def _label(label: Mapping[str, str]) -> LabelView:
    return LabelView.model_validate(dict(label))
