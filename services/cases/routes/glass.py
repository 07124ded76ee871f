"""Breaking the glass, and what the owners of cases learn of accesses out of the ordinary."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.cases.model.closed import FreshLoginRequired, OwnAccess
from services.cases.model.problems import TransitionRefused
from services.cases.schemas.glass import (
    AccessReportPage,
    AccessReportView,
    AcknowledgeIn,
    GlassIn,
    GlassView,
    ReportState,
)
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.glass import GlassBreaker
    from services.kit.tokens import Identity

router = ServiceRouter(tags=["accesses"])


@router.post(
    "/break-glass",
    summary="Break the glass",
    status_code=201,
    response_model=GlassView,
    responses=problems(FreshLoginRequired),
)
async def break_glass(
    request: Request,
    what: GlassIn,
    work: Annotated[Work, Depends(unit_of_work("break_glass"), scope="function")],
) -> Response:
    """One case for an hour, where no right opens it; the owner and a second agency are told at once.

    The answer is the same whether there is such a case or not, and whether it is closed to the caller: a
    conflict of interest and a seal are stronger.
    """
    breaker: GlassBreaker = request.app.state.glass
    identity: Identity = request.state.identity
    glass, decision = await breaker.break_it(work, what.case_id, what.reason, identity.authenticated_at)
    return disclose(work, GlassView.of(glass), decisions=decision, objects=[glass.id], status=201)


@router.get("/access-reports", summary="List accesses out of the ordinary", response_model=AccessReportPage)
async def list_access_reports(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_access_reports"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
    state: Annotated[ReportState | None, Query(description="Only in this state.")] = None,
) -> Response:
    """Broken glass and what else is unusual, in cases of the caller's region or told to the own agency."""
    breaker: GlassBreaker = request.app.state.glass
    place = None if cursor is None else Place.parse(cursor)
    page, decisions = await breaker.reports(work, state, place, limit)
    objects = list(dict.fromkeys(each for one in page.items for each in (one.id, one.case)))
    return disclose(work, AccessReportPage.of(page), decisions=decisions, objects=objects)


@router.post(
    "/access-reports/{report_id}/acknowledgement",
    summary="Acknowledge a report of an access",
    response_model=AccessReportView,
    responses=problems(
        NotFound, OwnAccess, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused
    ),
)
async def acknowledge_access_report(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    report_id: UUID,
    said: AcknowledgeIn,
    work: Annotated[Work, Depends(unit_of_work("acknowledge_access_report"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The caller has looked into it, and says what came of that; nobody does so of an own access."""
    breaker: GlassBreaker = request.app.state.glass
    if await once.earlier(work) is None:
        await breaker.acknowledge(work, report_id, said.note, expected_version(if_match))
        await once.remember(work, 200, report_id)
    report, decision = await breaker.report(work, report_id)
    return disclose(
        work,
        AccessReportView.of(report),
        decisions=decision,
        objects=[report.id, report.case],
        headers=etag(report.version),
    )
