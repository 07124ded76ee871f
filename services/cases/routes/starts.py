"""The start of a region, and what the national team advises it."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Path, Request, Response

from services.cases.model.start_problems import RegionNotReady, StartSettled
from services.cases.schemas.starts import (
    AdviceIn,
    AdvicePage,
    AdviceView,
    EvidenceIn,
    FirstMeetingIn,
    RegionStartView,
)
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import FieldError, Malformed, NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.starts import Starts

router = ServiceRouter(tags=["networks"])

Code = Annotated[str, Path(max_length=41, description="Code of the region.", examples=["polva"])]
Item = Annotated[str, Path(max_length=41, description="Code of the item.", examples=["members-trained"])]
Key = Annotated[Once, Depends(idempotency_key)]
_MOVED = problems(NotFound, StartSettled, StaleVersion, PreconditionRequired, IdempotencyKeyReused)


@router.get(
    "/regions/{code}/start",
    summary="Read the start of a region",
    response_model=RegionStartView,
    responses=problems(NotFound),
)
async def get_region_start(
    request: Request,
    code: Code,
    work: Annotated[Work, Depends(unit_of_work("get_region_start"), scope="function")],
) -> Response:
    """The implementation standard as a checklist: what the region has, who said so, what still lacks."""
    return await _start(request, work, code)


@router.post(
    "/regions/{code}/start/items/{item}/confirm",
    summary="Confirm an item of the start",
    response_model=RegionStartView,
    responses=_MOVED,
)
async def confirm_start_item(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    code: Code,
    item: Item,
    evidence: EvidenceIn,
    work: Annotated[Work, Depends(unit_of_work("confirm_start_item"), scope="function")],
    once: Key,
    if_match: IfMatch = None,
) -> Response:
    """The region has it, and on this evidence."""
    if await once.earlier(work) is None:
        await _starts(request).confirm(work, code, item, evidence.evidence, expected_version(if_match))
        await once.remember(work, 200, code)
    return await _start(request, work, code)


@router.post(
    "/regions/{code}/start/items/{item}/withdraw",
    summary="Withdraw the confirmation of an item",
    response_model=RegionStartView,
    responses=_MOVED,
)
async def withdraw_start_item(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    code: Code,
    item: Item,
    work: Annotated[Work, Depends(unit_of_work("withdraw_start_item"), scope="function")],
    once: Key,
    if_match: IfMatch = None,
) -> Response:
    """The region does not have it after all; that it was confirmed stays written."""
    if await once.earlier(work) is None:
        await _starts(request).withdraw(work, code, item, expected_version(if_match))
        await once.remember(work, 200, code)
    return await _start(request, work, code)


@router.post(
    "/regions/{code}/start/first-meeting",
    summary="Record the first meeting",
    response_model=RegionStartView,
    responses=problems(
        NotFound, RegionNotReady, StartSettled, StaleVersion, PreconditionRequired, IdempotencyKeyReused
    ),
)
async def record_first_meeting(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    code: Code,
    meeting: FirstMeetingIn,
    work: Annotated[Work, Depends(unit_of_work("record_first_meeting"), scope="function")],
    once: Key,
    if_match: IfMatch = None,
) -> Response:
    """The network has met; for each obligatory item that is not confirmed it is said why it did not wait."""
    if await once.earlier(work) is None:
        missing = {one.item: one.why for one in meeting.missing}
        if len(missing) != len(meeting.missing):
            raise Malformed(errors=[FieldError("/missing", "twice", "an item is explained once")])
        version = expected_version(if_match)
        await _starts(request).first_meeting(work, code, meeting.held_on, missing, version)
        await once.remember(work, 200, code)
    return await _start(request, work, code)


@router.get(
    "/regions/{code}/advice",
    summary="List advice to a region",
    response_model=AdvicePage,
    responses=problems(NotFound),
)
async def list_advice(
    request: Request,
    code: Code,
    work: Annotated[Work, Depends(unit_of_work("list_advice"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """What the national team has advised the region, the latest first."""
    place = None if cursor is None else Place.parse(cursor)
    decision, page = await _starts(request).advised(work, code, place, limit)
    view = AdvicePage(items=[AdviceView.of(one) for one in page.items], next=page.next)
    objects: list[str | UUID] = [one.id for one in page.items]
    return disclose(work, view, decisions=[decision] * len(page.items), objects=objects)


@router.post(
    "/regions/{code}/advice",
    summary="Advise a region",
    status_code=201,
    response_model=AdviceView,
    responses=problems(NotFound, IdempotencyKeyReused),
)
async def write_advice(
    request: Request,
    code: Code,
    note: AdviceIn,
    work: Annotated[Work, Depends(unit_of_work("write_advice"), scope="function")],
    once: Key,
) -> Response:
    """The national team advises on the work of a network; it sees no case, and names nobody."""
    earlier = await once.earlier(work)
    if earlier is None:
        made = await _starts(request).advise(work, code, note.topic, note.text)
        await once.remember(work, 201, made)
    else:
        made = UUID(earlier.reference)
    decision, written = await _starts(request).note(work, made)
    return disclose(work, AdviceView.of(written), decisions=decision, objects=[made], status=201)


async def _start(request: Request, work: Work, code: str) -> Response:
    found = _starts(request)
    decision, start = await found.read(work, code)
    view = RegionStartView.of(start, found.catalog.standard)
    return disclose(work, view, decisions=decision, objects=[code], headers=etag(start.version))


def _starts(request: Request) -> "Starts":
    found: Starts = request.app.state.starts
    return found
