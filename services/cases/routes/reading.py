"""Referrals, cases and persons, for people to read."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response
from pydantic import BaseModel

from services.cases.actions import reading
from services.cases.actions.reading import Shown
from services.cases.model.codes import Status
from services.cases.schemas.versions import EarlierVersionView
from services.cases.schemas.views import CasePage, CaseView, PersonView, ReferralPage, ReferralView
from services.cases.store.listing import Filters
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import etag
from services.kit.expanding import expands
from services.kit.fields import Day
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound
from services.kit.strictroute import ServiceRouter

router = ServiceRouter(tags=["referrals and cases"])

Region = Annotated[str | None, Query(max_length=40, description="Only this region.", examples=["polva"])]
Since = Annotated[Day | None, Query(description="From this day on.")]
Until = Annotated[Day | None, Query(description="Up to and including this day.")]
Overdue = Annotated[bool, Query(description="Only those whose decision is late.")]
OnlyStatus = Annotated[Status | None, Query(alias="status", description="Only with this status.")]


def _place(cursor: str | None) -> Place | None:
    return None if cursor is None else Place.parse(cursor)


@router.get("/referrals", summary="List referrals", response_model=ReferralPage)
async def list_referrals(  # noqa: PLR0913, PLR0917 - what a list can be asked
    work: Annotated[Work, Depends(unit_of_work("list_referrals"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
    region: Region = None,
    status: OnlyStatus = None,
    since: Since = None,
    until: Until = None,
    overdue: Overdue = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """The referrals that the caller may see, the newest day of referral first."""
    filters = Filters(region, status, since, until, is_overdue=overdue)
    shown = await reading.list_referrals(work, filters, _place(cursor), limit)
    return _several(work, shown, ReferralPage.of(shown.what))


@router.get(
    "/referrals/{referral_id}",
    summary="Read a referral",
    response_model=ReferralView,
    responses=problems(NotFound),
)
@expands("child-notices", "tellings")
async def get_referral(
    request: Request,
    referral_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_referral"), scope="function")],
) -> Response:
    """A referral with its people, its score and what was told; only the fields that the caller may see."""
    shown = await reading.get_referral(work, request.app.state.ring, referral_id)
    return _one(work, shown, ReferralView.of(shown.what))


@router.get(
    "/referrals/{referral_id}/versions/{version}",
    summary="Read what a referral said before it was corrected",
    response_model=EarlierVersionView,
    responses=problems(NotFound),
)
async def get_referral_version(
    request: Request,
    referral_id: UUID,
    version: Annotated[int, Path(ge=1, le=9998, description="The sender's; the last one is the referral.")],
    work: Annotated[Work, Depends(unit_of_work("get_referral_version"), scope="function")],
) -> Response:
    """A version that the sender has replaced, for who may read the referral; only the fields of its right."""
    shown = await reading.get_referral_version(work, request.app.state.ring, referral_id, version)
    view = EarlierVersionView.of(shown.what)
    return disclose(work, view, decisions=shown.decisions[0], objects=shown.objects)


@router.get("/cases", summary="List cases", response_model=CasePage)
async def list_cases(  # noqa: PLR0913, PLR0917 - what a list can be asked
    work: Annotated[Work, Depends(unit_of_work("list_cases"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
    region: Region = None,
    since: Since = None,
    until: Until = None,
) -> Response:
    """The cases that the caller may see, the newest day of opening first."""
    filters = Filters(region, None, since, until)
    shown = await reading.list_cases(work, filters, _place(cursor), limit)
    return _several(work, shown, CasePage.of(shown.what))


@router.get("/cases/{case_id}", summary="Read a case", response_model=CaseView, responses=problems(NotFound))
@expands(
    "people",
    "relations",
    "actions",
    "safety-plans",
    "consent",
    "shares",
    "monitoring",
    "incidents",
    "support-assignments",
    "repeat-proposals",
    "history",
)
async def get_case(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_case"), scope="function")],
) -> Response:
    """A case with its referrals and people; only the fields that the caller may see."""
    shown = await reading.get_case(work, request.app.state.ring, case_id)
    return _one(work, shown, CaseView.of(shown.what))


@router.get(
    "/people/{person_id}", summary="Read a person", response_model=PersonView, responses=problems(NotFound)
)
@expands("merges", "candidates")
async def get_person(
    request: Request,
    person_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_person"), scope="function")],
) -> Response:
    """A person by the parts in referrals that the caller may see, the newest first."""
    shown = await reading.get_person(work, request.app.state.ring, person_id)
    return _several(work, shown, PersonView.of(shown.what))


def _one(work: Work, shown: Shown[object], view: ReferralView | CaseView) -> Response:
    [decision] = shown.decisions
    return disclose(work, view, decisions=decision, objects=shown.objects, headers=etag(view.version))


def _several(work: Work, shown: Shown[object], view: BaseModel) -> Response:
    return disclose(work, view, decisions=shown.decisions, objects=shown.objects)
