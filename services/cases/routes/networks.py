"""Regions, agencies, and who sits in which network."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response

from services.cases.model.problems import NetworkMemberExists
from services.cases.schemas.networks import (
    AgenciesView,
    AgencyView,
    NetworkMemberChangeIn,
    NetworkMemberEndIn,
    NetworkMemberIn,
    NetworkMemberPage,
    NetworkMemberView,
    RegionSetsView,
    RegionSetView,
    RegionsView,
    RegionView,
)
from services.kit.calendar import local_date
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.expanding import expands
from services.kit.fields import Day
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.networks import NetworkKeeper

router = ServiceRouter(tags=["networks"])

Code = Annotated[str, Path(max_length=41, description="Code of the region.", examples=["polva"])]
On = Annotated[Day | None, Query(description="Those of this day; without it, all.")]
Today = Annotated[Day | None, Query(description="Those of this day; without it, of today.")]
Ever = Annotated[bool, Query(description="Also those who sat earlier or will sit later.")]


@router.get("/regions", summary="List regions", response_model=RegionsView)
async def list_regions(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_regions"), scope="function")],
    on: On = None,
) -> Response:
    """The regional networks with their other names, and from when until when each is at work."""
    found = _keeper(request).regions(on)
    view = RegionsView(items=[RegionView.of(one) for one in found])
    return disclose(work, view, decisions=work.permit.on({}), objects=[one.code for one in found])


@router.get(
    "/regions/{code}",
    summary="Read a region",
    response_model=RegionView,
    responses=problems(NotFound),
)
@expands("members", "start", "support-persons")
async def get_region(
    request: Request,
    code: Code,
    work: Annotated[Work, Depends(unit_of_work("get_region"), scope="function")],
) -> Response:
    """A regional network, whether it is at work or not."""
    region = _keeper(request).region(code)
    return disclose(work, RegionView.of(region), decisions=work.permit.on({}), objects=[region.code])


@router.get("/region-sets", summary="List sets of regions", response_model=RegionSetsView)
async def list_region_sets(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_region_sets"), scope="function")],
) -> Response:
    """The regions as documents of the programme list them, by the names that are printed there."""
    sets = sorted(_keeper(request).catalog.networks.sets.values(), key=lambda one: one.on)
    view = RegionSetsView(items=[RegionSetView.of(one) for one in sets])
    return disclose(work, view, decisions=work.permit.on({}), objects=[one.code for one in sets])


@router.get("/agencies", summary="List agencies", response_model=AgenciesView)
async def list_agencies(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_agencies"), scope="function")],
    on: On = None,
) -> Response:
    """The kinds of agencies that sit in networks."""
    found = _keeper(request).agencies(on)
    view = AgenciesView(items=[AgencyView.of(one) for one in found])
    return disclose(work, view, decisions=work.permit.on({}), objects=[one.code for one in found])


@router.get(
    "/regions/{code}/members",
    summary="List the members of a network",
    response_model=NetworkMemberPage,
    responses=problems(NotFound),
)
async def list_network_members(  # noqa: PLR0913, PLR0917 - what a list can be asked
    request: Request,
    code: Code,
    work: Annotated[Work, Depends(unit_of_work("list_network_members"), scope="function")],
    on: Today = None,
    ever: Ever = False,  # noqa: FBT002 - a query parameter
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """The agencies that sit in the network, those who came last first; contacts to who works in it."""
    place = None if cursor is None else Place.parse(cursor)
    day = None if ever else on or local_date(work.now)
    decision, page = await _keeper(request).members(work, code, day, place, limit)
    objects = [one.id for one in page.items]
    decisions = [decision] * len(page.items)
    return disclose(work, NetworkMemberPage.of(page), decisions=decisions, objects=objects)


@router.post(
    "/regions/{code}/members",
    summary="Seat an agency in a network",
    status_code=201,
    response_model=NetworkMemberView,
    responses=problems(NotFound, NetworkMemberExists, IdempotencyKeyReused),
)
async def add_network_member(
    request: Request,
    code: Code,
    member: NetworkMemberIn,
    work: Annotated[Work, Depends(unit_of_work("add_network_member"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """An agency comes to sit in the network of the coordinator's region."""
    earlier = await once.earlier(work)
    if earlier is None:
        made = await _keeper(request).add(work, code, member.sitting())
        await once.remember(work, 201, made)
    else:
        made = UUID(earlier.reference)
    return await _one(request, work, made, 201)


@router.get(
    "/network-members/{member_id}",
    summary="Read a member of a network",
    response_model=NetworkMemberView,
    responses=problems(NotFound),
)
async def get_network_member(
    request: Request,
    member_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_network_member"), scope="function")],
) -> Response:
    """An agency that sits, sat or will sit in a network."""
    return await _one(request, work, member_id)


@router.put(
    "/network-members/{member_id}",
    summary="Change a member of a network",
    response_model=NetworkMemberView,
    responses=problems(NotFound, StaleVersion, PreconditionRequired),
)
async def change_network_member(
    request: Request,
    member_id: UUID,
    change: NetworkMemberChangeIn,
    work: Annotated[Work, Depends(unit_of_work("change_network_member"), scope="function")],
    if_match: IfMatch = None,
) -> Response:
    """Another seat or contact."""
    version, contact = expected_version(if_match), change.contact.contact()
    await _keeper(request).change(work, member_id, change.seat, contact, version)
    return await _one(request, work, member_id)


@router.post(
    "/network-members/{member_id}/end",
    summary="End a member's seat",
    response_model=NetworkMemberView,
    responses=problems(NotFound, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def end_network_member(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    member_id: UUID,
    end: NetworkMemberEndIn,
    work: Annotated[Work, Depends(unit_of_work("end_network_member"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The agency leaves the network; on its first day: it never sat."""
    if await once.earlier(work) is None:
        await _keeper(request).end(work, member_id, end.valid_to, end.reason, expected_version(if_match))
        await once.remember(work, 200, member_id)
    return await _one(request, work, member_id)


async def _one(request: Request, work: Work, member_id: UUID, status: int = 200) -> Response:
    decision, member = await _keeper(request).member(work, member_id)
    headers = etag(member.version)
    if status == 201:  # noqa: PLR2004 - where it was made
        headers["Location"] = f"/api/cases/v1/network-members/{member_id}"
    return disclose(
        work,
        NetworkMemberView.of(member),
        decisions=decision,
        objects=[member.id],
        status=status,
        headers=headers,
    )


def _keeper(request: Request) -> "NetworkKeeper":
    keeper: NetworkKeeper = request.app.state.networks
    return keeper
