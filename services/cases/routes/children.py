"""Notices about children: what the exchange tells child protection, and what a person may still change."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.actions.children import Telling
from services.cases.model.problems import ChildNoticeSettled, ChildNoticeStopped, MunicipalityUnknown
from services.cases.schemas.children import (
    AnnouncedListIn,
    ChildNoticesView,
    ChildOutcomesView,
    DecisionIn,
    NotToldView,
    ResidenceIn,
    StopIn,
    SubmitChildNoticeView,
)
from services.kit.access import permit
from services.kit.calendar import local_date
from services.kit.db import Database, Work, unit_of_work
from services.kit.disclose import disclose, reveal
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.policy import Permit
from services.kit.problem import NotFound, Problem
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.children import ChildProtection

router = ServiceRouter(tags=["notices"])


@router.get(
    "/notices/{event_id}/children/{number}",
    summary="Read a notice about a child",
    response_model=SubmitChildNoticeView,
    responses=problems(NotFound, ChildNoticeStopped, MunicipalityUnknown),
)
async def get_child_notice(
    request: Request,
    event_id: UUID,
    number: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_child_notice"), scope="function")],
) -> Response:
    """What the municipality of residence is told of a child; once read, it has left and cannot be stopped."""
    protection: ChildProtection = request.app.state.child_protection
    telling = await protection.tell(work, event_id, number)
    return disclose(
        work,
        SubmitChildNoticeView.model_validate(telling.fields),
        decisions=telling.decision,
        objects=telling.objects,
        action="disclose",
        client=_municipality(telling),
    )


@router.post(
    "/notices/children",
    summary="Read several notices about children",
    response_model=ChildOutcomesView,
    responses=problems(NotFound),
)
async def get_child_notices(
    request: Request,
    body: AnnouncedListIn,
    allowed: Annotated[Permit, Depends(permit("get_child_notices"))],
) -> Response:
    """Tells of each child by the right to tell of a single one; what is refused has not left, and says why.

    What is refused leaves its row in the audit log as a single one does.
    """
    protection: ChildProtection = request.app.state.child_protection
    each_by = request.app.state.policy.permit(allowed.caller, "get_child_notice", allowed.purpose)
    database: Database = request.app.state.database
    async with database.work(each_by, request.state.request_id) as work:
        told = await protection.tell_all(work, [(one.event, one.number) for one in body.items])
        outcomes = [_outcome(work, one) for one in told]
    for problem in told:
        if isinstance(problem, Problem):
            await request.app.state.refusals(request, problem)
    return Response(b'{"items":[%b]}' % b",".join(outcomes), media_type="application/json")


def _outcome(work: Work, told: Telling | Problem) -> bytes:
    """A ChildOutcomeView."""
    if isinstance(told, Problem):
        refused = NotToldView(type=told.type_uri(), status=told.status)
        return b'{"refused":%b}' % refused.model_dump_json(by_alias=True).encode()
    return b'{"told":%b}' % reveal(
        work,
        SubmitChildNoticeView.model_validate(told.fields),
        decisions=told.decision,
        objects=told.objects,
        client=_municipality(told),
    )


def _municipality(told: Telling) -> str:
    return f"municipality/{told.municipality}"


@router.get(
    "/referrals/{referral_id}/child-notices",
    summary="List the notices about a referral's children",
    response_model=ChildNoticesView,
    responses=problems(NotFound),
)
async def list_child_notices(
    request: Request,
    referral_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_child_notices"), scope="function")],
) -> Response:
    """Whether child protection was told of each child, and what keeps a notice from leaving."""
    return await _all(request, work, referral_id)


@router.post(
    "/referrals/{referral_id}/child-notices/{number}/stop",
    summary="Stop a notice about a child",
    response_model=ChildNoticesView,
    responses=problems(NotFound, ChildNoticeSettled, IdempotencyKeyReused),
)
async def stop_child_notice(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    referral_id: UUID,
    number: UUID,
    why: StopIn,
    work: Annotated[Work, Depends(unit_of_work("stop_child_notice"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """A notice that has not left stays here; the reason is one of the published ones."""
    protection: ChildProtection = request.app.state.child_protection
    if await once.earlier(work) is None:
        await protection.stop(work, referral_id, number, why.reason, why.note)
        await once.remember(work, 200, referral_id)
    return await _all(request, work, referral_id)


@router.put(
    "/referrals/{referral_id}/child-notices/{number}/municipality",
    summary="Say where a child lives",
    response_model=ChildNoticesView,
    responses=problems(NotFound, ChildNoticeSettled),
)
async def locate_child(
    request: Request,
    referral_id: UUID,
    number: UUID,
    residence: ResidenceIn,
    work: Annotated[Work, Depends(unit_of_work("locate_child"), scope="function")],
) -> Response:
    """The municipality of a child of whom the sender did not know it; then its notice leaves."""
    protection: ChildProtection = request.app.state.child_protection
    await protection.locate(work, referral_id, number, residence.municipality)
    return await _all(request, work, referral_id)


@router.put(
    "/referrals/{referral_id}/child-notices/{number}/decision",
    summary="Record what the municipality decided about a child",
    response_model=ChildNoticesView,
    responses=problems(NotFound, ChildNoticeSettled),
)
async def record_child_decision(
    request: Request,
    referral_id: UUID,
    number: UUID,
    told: DecisionIn,
    work: Annotated[Work, Depends(unit_of_work("record_child_decision"), scope="function")],
) -> Response:
    """It has ten days from the notice; what is recorded later holds, and what was before stays behind it."""
    protection: ChildProtection = request.app.state.child_protection
    await protection.decide(work, referral_id, number, told.facts())
    return await _all(request, work, referral_id)


async def _all(request: Request, work: Work, referral_id: UUID) -> Response:
    protection: ChildProtection = request.app.state.child_protection
    listed = await protection.of_referral(work, referral_id)
    return disclose(
        work,
        ChildNoticesView.of(listed.items, local_date(work.now)),
        decisions=listed.decision,
        objects=listed.objects,
    )
