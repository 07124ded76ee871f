"""Broken glass and reports of accesses, as people write and read them."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from services.cases.model.glass import AccessReport, Glass
from services.cases.schemas.referral import Message, View
from services.kit.fieldclass import FieldClass
from services.kit.fields import Instant
from services.kit.paging import Page

Text = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=2000)]
ReportState = Literal["new", "acknowledged"]


class GlassIn(Message):
    """For which case, and why no right of the caller's will do."""

    case_id: UUID = Field(examples=["0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"])
    reason: Text = Field(
        description="At least 20 characters that are no space; two who did not break the glass read it.",
        examples=["The victim stands at our door at night, her safety plan is needed."],
    )


class GlassView(View):
    """The case can be read for a while, if there is such a case and it is not closed to the caller."""

    id: UUID
    case_id: UUID
    opened_at: Instant
    until: Instant

    @classmethod
    def of(cls, glass: Glass) -> Self:
        """The same in public words."""
        return cls(id=glass.id, case_id=glass.case, opened_at=glass.opened_at, until=glass.until)


class AcknowledgeIn(Message):
    """What came of looking into it."""

    note: Text = Field(examples=["Spoke with the officer on duty: the victim was at the station."])


class AccessReportView(View):
    """An access out of the ordinary; of what was seen, ``accesses`` of the case tells more."""

    id: UUID
    case_id: UUID
    region: str = Field(examples=["polva"])
    rule: str = Field(description="What is out of the ordinary.", examples=["break-glass"])
    actor: str = Field(description="What tokens call who it was.")
    second_agency: str = Field(description="Told beside the owner.", examples=["police"])
    barred: bool = Field(description="The case was closed to the actor: nothing was shown.")
    happened_at: Instant
    reported_at: Instant
    reason: Annotated[str | None, FieldClass("narrative")]
    state: ReportState
    acknowledged_by: str | None
    acknowledged_at: Instant | None
    note: Annotated[str | None, FieldClass("narrative")]
    version: int

    @classmethod
    def of(cls, report: AccessReport) -> Self:
        """The same in public words."""
        return cls(
            id=report.id,
            case_id=report.case,
            region=report.region,
            rule=report.rule,
            actor=report.actor,
            second_agency=report.second_agency,
            barred=report.barred,
            happened_at=report.happened_at,
            reported_at=report.reported_at,
            reason=report.reason,
            state="new" if report.state == "new" else "acknowledged",
            acknowledged_by=report.acknowledged_by,
            acknowledged_at=report.acknowledged_at,
            note=report.note,
            version=report.version,
        )


class AccessReportPage(View):
    """Reports, the newest first."""

    items: list[AccessReportView]
    next: str | None

    @classmethod
    def of(cls, page: Page[AccessReport]) -> Self:
        """The same in public words."""
        return cls(items=[AccessReportView.of(one) for one in page.items], next=page.next)
