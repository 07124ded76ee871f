"""Questions to agencies and their answers, as they are told and shown."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StrictBool

from services.cases.model.codes import Role
from services.cases.model.research import Answered, Known, Opened, Request, ResearchState
from services.cases.schemas.referral import Message
from services.cases.schemas.screening import Code
from services.cases.schemas.views import View
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, FreeText, Instant
from services.kit.paging import Page

_ID = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"


class AskIn(Message):
    """The agencies that are asked."""

    agencies: list[Code] = Field(min_length=1, max_length=20, examples=[["police", "health-care"]])


class AnswerIn(Message):
    """What an agency knows; what it tells it confirms as relevant, necessary and proportionate."""

    known: Known
    text: FreeText | None = Field(default=None, description="Null where nothing is known.")
    relevant: StrictBool = False
    necessary: StrictBool = False
    proportionate: StrictBool = False

    def answered(self) -> Answered:
        """The same in the words of the model."""
        return Answered(self.known, self.text, self.relevant, self.necessary, self.proportionate)


class ResearchRequestSummary(View):
    """A question to an agency, in a list."""

    id: UUID = Field(examples=[_ID])
    case_id: UUID
    meeting_id: UUID
    agenda_item_id: UUID
    region: str = Field(examples=["polva"])
    agency: str = Field(examples=["police"])
    state: ResearchState
    asked_at: Instant
    due_on: Day = Field(description="The last day on which the answer is in time.")
    overdue: bool
    answered_at: Instant | None
    version: int

    @classmethod
    def of(cls, request: Request, today: date) -> Self:
        """The same in public words."""
        return cls(**_summary(request, today))


class AskedAboutView(View):
    """Of whom an agency is asked: who it is, and nothing of the story."""

    role: Role
    given_name: str
    family_name: str
    birth_date: Day


class ResearchRequestView(ResearchRequestSummary):
    """A question to an agency, with of whom it is, and the last answer."""

    people: Annotated[list[AskedAboutView], FieldClass("identity")]
    text: Annotated[str | None, FieldClass("narrative")]

    @classmethod
    def whole(cls, opened: Opened, today: date) -> Self:
        """The same in public words."""
        people = [AskedAboutView.model_validate(one) for one in opened.people]
        return cls(**_summary(opened.request, today), people=people, text=opened.text)


class ResearchRequestsView(View):
    """The questions about a case for one meeting."""

    items: list[ResearchRequestSummary]

    @classmethod
    def of(cls, requests: Sequence[Request], today: date) -> Self:
        """The same in public words."""
        return cls(items=[ResearchRequestSummary.of(each, today) for each in requests])


class ResearchRequestPage(View):
    """A page of questions, and the cursor of the next one."""

    items: list[ResearchRequestSummary]
    next: str | None

    @classmethod
    def of(cls, page: Page[Request], today: date) -> Self:
        """The page as it is shown."""
        items = [ResearchRequestSummary.of(each, today) for each in page.items]
        return cls(items=items, next=page.next)


def _summary(request: Request, today: date) -> dict[str, object]:
    return {
        "id": request.id,
        "case_id": request.case,
        "meeting_id": request.meeting,
        "agenda_item_id": request.item,
        "region": request.region,
        "agency": request.agency,
        "state": request.state,
        "asked_at": request.asked_at,
        "due_on": request.due_on,
        "overdue": request.overdue(today),
        "answered_at": request.answered_at,
        "version": request.version,
    }
