"""What waits for the caller, and how much waits in a region."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from services.cases.actions import duties
from services.cases.model.duties import DutyFilters, DutyStanding
from services.cases.schemas.duties import DutyCountsView, DutyPage
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.strictroute import ServiceRouter

router = ServiceRouter(tags=["duties"])

Region = Annotated[str | None, Query(max_length=40, description="Only this region.", examples=["polva"])]
Clock = Annotated[str | None, Query(max_length=41, description="Only of this clock.", examples=["screening"])]
Standing = Annotated[
    DutyStanding | None,
    Query(alias="state", description="Only what stands so; without it, everything that is not done."),
]


@router.get("/duties", summary="List what waits for me", response_model=DutyPage)
async def list_duties(  # noqa: PLR0913, PLR0917 - what a list can be asked
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_duties"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
    region: Region = None,
    clock: Clock = None,
    standing: Standing = None,
) -> Response:
    """What waits for the caller and by when, what is due first first; a coordinator's with what is late.

    Each leads to its thing, which is read by its own right; of what it is about nothing is said here.
    """
    place = None if cursor is None else Place.parse(cursor)
    shown = await duties.inbox(work, DutyFilters(region, clock, standing), place, limit)
    view = DutyPage.of(shown.what, request.app.state.catalog.clocks.rules)
    return disclose(work, view, decisions=shown.decisions, objects=shown.objects)


@router.get("/duties/counts", summary="Count duties by region", response_model=DutyCountsView)
async def count_duties(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("count_duties"), scope="function")],
) -> Response:
    """How much waits in the caller's regions, for whomever; what the caller may not see is not counted."""
    shown = await duties.counts(work)
    view = DutyCountsView.of(shown.what, request.app.state.catalog.clocks.rules)
    return disclose(work, view, decisions=shown.decisions, objects=shown.objects)
