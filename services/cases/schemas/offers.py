"""Services by need in public words."""

from collections.abc import Mapping
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.ids import PersonId
from services.cases.model.offers import NewOffer, OfferRules, OfferState, OfferWords, Service, WordedOffer
from services.cases.schemas.duties import LabelView
from services.cases.schemas.plan import Words
from services.cases.schemas.referral import Message
from services.cases.schemas.screening import Code
from services.cases.schemas.views import View
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, Instant
from services.kit.paging import Page

_EXAMPLE = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"


class ServiceView(View):
    """A published service."""

    code: str = Field(examples=["crisis-help"])
    label: LabelView
    roles: list[str] = Field(description="For people in these roles.")
    agencies: list[str] = Field(description="Who gives it.")
    source: str

    @classmethod
    def of(cls, service: Service) -> Self:
        """The same in public words."""
        return cls(
            code=service.code,
            label=LabelView.model_validate(service.label),
            roles=sorted(service.roles),
            agencies=list(service.agencies),
            source=service.source,
        )


class ServicesView(View):
    """All of them."""

    items: list[ServiceView]

    @classmethod
    def of(cls, rules: OfferRules) -> Self:
        """The same in public words."""
        return cls(items=[ServiceView.of(one) for one in rules.services.values()])


class OfferIn(Message):
    """A service that somebody in the case is offered."""

    person_id: UUID = Field(examples=[_EXAMPLE])
    service: Code = Field(examples=["crisis-help"])
    agency: Code = Field(description="Who gives it.", examples=["victim-support"])
    offered_on: Day
    entry_id: UUID | None = Field(default=None, description="The record of the need; else say it in words.")
    need: Words | None = Field(default=None, examples=["Uni ja ärevus."])
    unit: Words | None = Field(default=None, description="Which unit of the agency.")

    def new(self) -> NewOffer:
        """The same in the words of the model."""
        return NewOffer(
            person=PersonId(self.person_id),
            service=self.service,
            agency=self.agency,
            offered_on=self.offered_on,
            entry=self.entry_id,
            words=OfferWords(self.need, self.unit),
        )


class OfferStepIn(Message):
    """On which day it was."""

    on: Day


class OfferEndIn(Message):
    """On which day it was, and why."""

    on: Day
    reason: Code = Field(examples=["does-not-want"])


class OfferView(View):
    """A service that somebody was offered, and what became of it."""

    id: UUID = Field(examples=[_EXAMPLE])
    case_id: UUID
    person_id: UUID
    service: str
    label: LabelView
    agency: str
    entry_id: UUID | None
    state: OfferState
    offered_on: Day
    answered_on: Day | None
    begun_on: Day | None
    ended_on: Day | None
    reason: str | None
    need: Annotated[str | None, FieldClass("narrative")]
    unit: Annotated[str | None, FieldClass("narrative")]
    recorded_by: str
    recorded_at: Instant
    version: int

    @classmethod
    def of(cls, worded: WordedOffer, services: Mapping[str, Service]) -> Self:
        """The same in public words."""
        offer = worded.offer
        return cls(
            id=offer.id,
            case_id=offer.case,
            person_id=offer.person,
            service=offer.service,
            label=LabelView.model_validate(services[offer.service].label),
            agency=offer.agency,
            entry_id=offer.entry,
            state=offer.state,
            offered_on=offer.offered_on,
            answered_on=offer.answered_on,
            begun_on=offer.begun_on,
            ended_on=offer.ended_on,
            reason=offer.reason,
            need=worded.words.need,
            unit=worded.words.unit,
            recorded_by=offer.recorded_by,
            recorded_at=offer.recorded_at,
            version=offer.version,
        )


class OfferPage(View):
    """Offers of a case, the newest first."""

    items: list[OfferView]
    next: str | None

    @classmethod
    def of(cls, page: Page[WordedOffer], services: Mapping[str, Service]) -> Self:
        """The same in public words."""
        return cls(items=[OfferView.of(one, services) for one in page.items], next=page.next)
