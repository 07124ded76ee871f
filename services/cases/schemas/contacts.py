"""What support persons do, in public words: contacts, and reports by period."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.contacts import Contact, Report, ReportState, ToldContact, ToldReport
from services.cases.schemas.plan import Words
from services.cases.schemas.referral import Message
from services.cases.schemas.screening import Code
from services.cases.schemas.views import View
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, Instant
from services.kit.paging import Page

_EXAMPLE = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"


class ContactIn(Message):
    """A contact with the victim, or that she was not reached."""

    happened_on: Day
    channel: Code = Field(examples=["phone"])
    kind: Code = Field(examples=["conversation"])
    outcome: Code = Field(examples=["reached"])
    minutes: int = Field(strict=True, ge=0, le=1440, examples=[40])
    note: Words | None = Field(default=None, examples=["Kardab kohtupäeva."])

    def told(self) -> ToldContact:
        """The same in the words of the model."""
        return ToldContact(self.happened_on, self.channel, self.kind, self.outcome, self.minutes, self.note)


class ContactRetractionIn(Message):
    """Why there was no such contact."""

    reason: Code = Field(examples=["entered-in-error"])


class SupportContactView(View):
    """A contact as it holds, or as a version told it."""

    id: UUID = Field(examples=[_EXAMPLE])
    case_id: UUID
    assignment_id: UUID
    happened_on: Day
    channel: str
    kind: str
    outcome: str
    minutes: int
    retracted: str | None = Field(description="Why there was no such contact.")
    note: Annotated[str | None, FieldClass("narrative")]
    recorded_by: str
    recorded_at: Instant
    version: int

    @classmethod
    def of(cls, contact: Contact) -> Self:
        """The same in public words."""
        return cls(
            id=contact.id,
            case_id=contact.case,
            assignment_id=contact.assignment,
            happened_on=contact.happened_on,
            channel=contact.channel,
            kind=contact.kind,
            outcome=contact.outcome,
            minutes=contact.minutes,
            retracted=contact.retracted,
            note=contact.note,
            recorded_by=contact.recorded_by,
            recorded_at=contact.recorded_at,
            version=contact.version,
        )


class SupportContactPage(View):
    """Contacts, the newest first."""

    items: list[SupportContactView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Contact]) -> Self:
        """The same in public words."""
        return cls(items=[SupportContactView.of(one) for one in page.items], next=page.next)


class SupportContactVersionsView(View):
    """All that was told of a contact, the last first."""

    items: list[SupportContactView]

    @classmethod
    def of(cls, versions: Sequence[Contact]) -> Self:
        """The same in public words."""
        return cls(items=[SupportContactView.of(one) for one in versions])


class SupportReportIn(Message):
    """What there is to tell of the days since the last report, until one of them."""

    until: Day = Field(description="The last day of the period.")
    summary: Words = Field(examples=["Kohtusime kolm korda."])
    worries: Words | None = Field(default=None, examples=["Mees on käinud maja ees."])

    def told(self) -> ToldReport:
        """The same in the words of the model."""
        return ToldReport(self.until, self.summary, self.worries)


class SupportReturnIn(Message):
    """Why a report is returned."""

    reason: Code = Field(examples=["unclear"])


class SupportReportView(View):
    """A report about a period; contacts and minutes were counted when it was submitted."""

    id: UUID = Field(examples=[_EXAMPLE])
    case_id: UUID
    assignment_id: UUID
    since: Day
    until: Day
    state: ReportState
    contacts: int
    minutes: int
    reason: str | None = Field(description="Why it was returned.")
    summary: Annotated[str, FieldClass("narrative")]
    worries: Annotated[str | None, FieldClass("narrative")]
    submitted_by: str
    submitted_at: Instant
    decided_by: str | None
    decided_at: Instant | None
    version: int

    @classmethod
    def of(cls, report: Report) -> Self:
        """The same in public words."""
        return cls(
            id=report.id,
            case_id=report.case,
            assignment_id=report.assignment,
            since=report.since,
            until=report.until,
            state=report.state,
            contacts=report.contacts,
            minutes=report.minutes,
            reason=report.reason,
            summary=report.summary,
            worries=report.worries,
            submitted_by=report.submitted_by,
            submitted_at=report.submitted_at,
            decided_by=report.decided_by,
            decided_at=report.decided_at,
            version=report.version,
        )


class SupportReportsView(View):
    """The reports of a case, the newest first."""

    case_id: UUID
    items: list[SupportReportView]

    @classmethod
    def of(cls, case: UUID, reports: Sequence[Report]) -> Self:
        """The same in public words."""
        return cls(case_id=case, items=[SupportReportView.of(one) for one in reports])
