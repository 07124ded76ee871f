"""What support persons report, and what becomes of it."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.model.problems import TransitionRefused
from services.cases.schemas.contacts import (
    SupportReportIn,
    SupportReportsView,
    SupportReportView,
    SupportReturnIn,
)
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.support_reports import SupportReports

router = ServiceRouter(tags=["support persons"])
_SAID: dict[str, Any] = {
    "response_model": SupportReportView,
    "responses": problems(
        NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused
    ),
}


@router.get(
    "/cases/{case_id}/support-reports",
    summary="List the reports of support persons",
    response_model=SupportReportsView,
    responses=problems(NotFound),
)
async def list_support_reports(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_support_reports"), scope="function")],
) -> Response:
    """Period by period, the newest first."""
    reports: SupportReports = request.app.state.support_reports
    on, found = await reports.of_case(work, case_id)
    view = SupportReportsView.of(on.id, found)
    return disclose(work, view, decisions=on.decision, objects=[on.id, *(each.id for each in found)])


@router.post(
    "/cases/{case_id}/support-reports",
    summary="Submit a report",
    status_code=201,
    response_model=SupportReportView,
    responses=problems(NotFound, TransitionRefused, IdempotencyKeyReused),
)
async def submit_support_report(
    request: Request,
    case_id: UUID,
    report: SupportReportIn,
    work: Annotated[Work, Depends(unit_of_work("submit_support_report"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """About the days since the last report; the coordinator accepts or returns it."""
    reports: SupportReports = request.app.state.support_reports
    earlier = await once.earlier(work)
    if earlier is not None:
        return await _shown(request, work, UUID(earlier.reference), 201)
    made = await reports.submit(work, case_id, report.told())
    await once.remember(work, 201, made)
    return await _shown(request, work, made, 201)


@router.get(
    "/support-reports/{support_report_id}",
    summary="Read a report",
    response_model=SupportReportView,
    responses=problems(NotFound),
)
async def get_support_report(
    request: Request,
    support_report_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_support_report"), scope="function")],
) -> Response:
    """A report as it stands."""
    return await _shown(request, work, support_report_id)


@router.put("/support-reports/{support_report_id}", summary="Submit a returned report again", **_SAID)
async def submit_support_report_again(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    support_report_id: UUID,
    report: SupportReportIn,
    work: Annotated[Work, Depends(unit_of_work("submit_support_report_again"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """Of the same period, with contacts counted anew."""
    reports: SupportReports = request.app.state.support_reports
    if await once.earlier(work) is None:
        await reports.submit_again(work, support_report_id, report.told(), expected_version(if_match))
        await once.remember(work, 200, support_report_id)
    return await _shown(request, work, support_report_id)


@router.post("/support-reports/{support_report_id}/return", summary="Return a report", **_SAID)
async def return_support_report(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    support_report_id: UUID,
    returned: SupportReturnIn,
    work: Annotated[Work, Depends(unit_of_work("return_support_report"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """For a published reason; it waits for the support person again."""
    return await _decide(request, work, once, support_report_id, returned.reason, if_match)


@router.post("/support-reports/{support_report_id}/acceptance", summary="Accept a report", **_SAID)
async def accept_support_report(
    request: Request,
    support_report_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("accept_support_report"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The period is reported."""
    return await _decide(request, work, once, support_report_id, None, if_match)


async def _decide(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request, work: Work, once: Once, report_id: UUID, reason: str | None, if_match: str | None
) -> Response:
    reports: SupportReports = request.app.state.support_reports
    if await once.earlier(work) is None:
        await reports.decide(work, report_id, reason, expected_version(if_match))
        await once.remember(work, 200, report_id)
    return await _shown(request, work, report_id)


async def _shown(request: Request, work: Work, report_id: UUID, status: int = 200) -> Response:
    reports: SupportReports = request.app.state.support_reports
    on, found = await reports.one(work, report_id)
    headers = etag(found.version)
    if status == 201:  # noqa: PLR2004 - made
        headers |= {"Location": f"/api/cases/v1/support-reports/{report_id}"}
    view = SupportReportView.of(found)
    objects = [report_id, on.id]
    return disclose(work, view, decisions=on.decision, objects=objects, status=status, headers=headers)
