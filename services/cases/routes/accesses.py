"""Who came to a case: the owner sees who saw what, why and when."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.cases.schemas.accesses import AccessPage
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.openapi import problems
from services.kit.paging import USUAL, Limit, Moment, MomentCursor
from services.kit.problem import NotFound
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.accesses import Accesses

router = ServiceRouter(tags=["accesses"])


@router.get(
    "/cases/{case_id}/accesses",
    summary="List who came to a case",
    response_model=AccessPage,
    responses=problems(NotFound),
)
async def list_accesses(  # noqa: PLR0913, PLR0917 - what a list can be asked
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_accesses"), scope="function")],
    limit: Limit = USUAL,
    cursor: MomentCursor = None,
    by: Annotated[str | None, Query(min_length=1, max_length=255, description="Only by them.")] = None,
) -> Response:
    """Every row of the audit log that names the case: reads, changes and disclosures, this list's as well."""
    accesses: Accesses = request.app.state.accesses
    before = None if cursor is None else Moment.parse(cursor)
    on, page = await accesses.of_case(work, case_id, by, before, limit)
    return disclose(work, AccessPage.of(page), decisions=[on.decision] * len(page.items), objects=[on.id])
