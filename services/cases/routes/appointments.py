"""Offices are proposed, approved by a second person, ended, and held by a deputy during an absence."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.cases.actions.appointments import member_of
from services.cases.model.members import AppointmentState
from services.cases.model.problems import (
    AbsenceExists,
    AppointmentExists,
    DeputyUnsuitable,
    OfficeNotYours,
    TransitionRefused,
    TwoPersons,
)
from services.cases.schemas.appointments import (
    AbsenceEndIn,
    AbsenceIn,
    AppointmentEndIn,
    AppointmentIn,
    AppointmentPage,
    AppointmentReasonIn,
    AppointmentView,
)
from services.cases.store.appointments import Filters, Proposal
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.fields import Day
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.appointments import Appointments

router = ServiceRouter(tags=["appointments"])

Region = Annotated[str | None, Query(max_length=41, description="Only this region.", examples=["polva"])]
Role = Annotated[str | None, Query(max_length=41, description="Only this role.", examples=["chair"])]
State = Annotated[AppointmentState | None, Query(description="Only in this state.")]
Member = Annotated[str | None, Query(max_length=255, description="Only of this member.")]
On = Annotated[Day | None, Query(description="Only those held on this day.")]
Key = Annotated[Once, Depends(idempotency_key)]
_CHANGED = problems(
    NotFound, OfficeNotYours, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused
)
_APPROVED = problems(
    NotFound,
    OfficeNotYours,
    TwoPersons,
    TransitionRefused,
    StaleVersion,
    PreconditionRequired,
    IdempotencyKeyReused,
)


@router.get("/appointments", summary="List appointments", response_model=AppointmentPage)
async def list_appointments(  # noqa: PLR0913, PLR0917 - what a list can be asked
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_appointments"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
    region: Region = None,
    role: Role = None,
    state: State = None,
    member: Member = None,
    on: On = None,
) -> Response:
    """The caller's own, those of the own region, or all: past ones and proposals too, the latest first."""
    place = None if cursor is None else Place.parse(cursor)
    page = await _keeper(request).page(work, Filters(region, role, state, member, on), place, limit)
    items = [AppointmentView.of(one.record, one.absences) for one in page.items]
    return disclose(
        work,
        AppointmentPage(items=items, next=page.next),
        decisions=[one.decision for one in page.items],
        objects=[one.record.id for one in page.items],
    )


@router.post(
    "/appointments",
    summary="Propose an appointment",
    status_code=201,
    response_model=AppointmentView,
    responses=problems(NotFound, OfficeNotYours, TwoPersons, AppointmentExists, IdempotencyKeyReused),
)
async def propose_appointment(
    request: Request,
    proposal: AppointmentIn,
    work: Annotated[Work, Depends(unit_of_work("propose_appointment"), scope="function")],
    once: Key,
) -> Response:
    """An office for somebody else; it is held once a second person approves. No office is held for ever."""
    earlier = await once.earlier(work)
    if earlier is None:
        member = member_of(request.app.state.index, proposal.member, proposal.identity)
        new = Proposal(member, proposal.name, proposal.office(), proposal.valid_from, proposal.valid_to)
        made = await _keeper(request).propose(work, new)
        await once.remember(work, 201, made)
    else:
        made = UUID(earlier.reference)
    return await _one(request, work, made, 201)


@router.get(
    "/appointments/{appointment_id}",
    summary="Read an appointment",
    response_model=AppointmentView,
    responses=problems(NotFound),
)
async def get_appointment(
    request: Request,
    appointment_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_appointment"), scope="function")],
) -> Response:
    """Who proposed, who decided, who ended it and why, and who stood in when."""
    return await _one(request, work, appointment_id)


@router.post(
    "/appointments/{appointment_id}/approve",
    summary="Approve an appointment",
    response_model=AppointmentView,
    responses=_APPROVED,
)
async def approve_appointment(
    request: Request,
    appointment_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("approve_appointment"), scope="function")],
    once: Key,
    if_match: IfMatch = None,
) -> Response:
    """A second person agrees: neither who proposed nor who is appointed."""
    if await once.earlier(work) is None:
        await _keeper(request).approve(work, appointment_id, expected_version(if_match))
        await once.remember(work, 200, appointment_id)
    return await _one(request, work, appointment_id)


@router.post(
    "/appointments/{appointment_id}/refuse",
    summary="Refuse an appointment",
    response_model=AppointmentView,
    responses=_APPROVED,
)
async def refuse_appointment(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    appointment_id: UUID,
    why: AppointmentReasonIn,
    work: Annotated[Work, Depends(unit_of_work("refuse_appointment"), scope="function")],
    once: Key,
    if_match: IfMatch = None,
) -> Response:
    """Who might approve says no, and why."""
    if await once.earlier(work) is None:
        await _keeper(request).refuse(work, appointment_id, why.reason, expected_version(if_match))
        await once.remember(work, 200, appointment_id)
    return await _one(request, work, appointment_id)


@router.post(
    "/appointments/{appointment_id}/withdraw",
    summary="Withdraw a proposal",
    response_model=AppointmentView,
    responses=_CHANGED,
)
async def withdraw_appointment(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    appointment_id: UUID,
    why: AppointmentReasonIn,
    work: Annotated[Work, Depends(unit_of_work("withdraw_appointment"), scope="function")],
    once: Key,
    if_match: IfMatch = None,
) -> Response:
    """Who proposed takes it back before it is decided."""
    if await once.earlier(work) is None:
        await _keeper(request).withdraw(work, appointment_id, why.reason, expected_version(if_match))
        await once.remember(work, 200, appointment_id)
    return await _one(request, work, appointment_id)


@router.post(
    "/appointments/{appointment_id}/end",
    summary="End an appointment",
    response_model=AppointmentView,
    responses=_CHANGED,
)
async def end_appointment(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    appointment_id: UUID,
    end: AppointmentEndIn,
    work: Annotated[Work, Depends(unit_of_work("end_appointment"), scope="function")],
    once: Key,
    if_match: IfMatch = None,
) -> Response:
    """The office ends before its time, with a reason; its rights end with that day's beginning, or now."""
    if await once.earlier(work) is None:
        version = expected_version(if_match)
        await _keeper(request).end(work, appointment_id, end.valid_to, end.reason, version)
        await once.remember(work, 200, appointment_id)
    return await _one(request, work, appointment_id)


@router.post(
    "/appointments/{appointment_id}/absences",
    summary="Name a deputy",
    status_code=201,
    response_model=AppointmentView,
    responses=problems(
        NotFound, OfficeNotYours, DeputyUnsuitable, AbsenceExists, TransitionRefused, IdempotencyKeyReused
    ),
)
async def name_deputy(
    request: Request,
    appointment_id: UUID,
    absence: AbsenceIn,
    work: Annotated[Work, Depends(unit_of_work("name_deputy"), scope="function")],
    once: Key,
) -> Response:
    """For the days of an absence a deputy holds the office as well, and everything says in whose place."""
    if await once.earlier(work) is None:
        await _keeper(request).name_deputy(
            work, appointment_id, absence.deputy, absence.absent_from, absence.absent_to
        )
        await once.remember(work, 201, appointment_id)
    return await _one(request, work, appointment_id, 201)


@router.post(
    "/absences/{absence_id}/end",
    summary="End an absence",
    response_model=AppointmentView,
    responses=problems(NotFound, OfficeNotYours, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def end_absence(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    absence_id: UUID,
    end: AbsenceEndIn,
    work: Annotated[Work, Depends(unit_of_work("end_absence"), scope="function")],
    once: Key,
    if_match: IfMatch = None,
) -> Response:
    """Who was away is back: the deputy holds the office no longer. If-Match names the absence's version."""
    earlier = await once.earlier(work)
    if earlier is None:
        version = expected_version(if_match)
        appointment = await _keeper(request).end_absence(work, absence_id, end.absent_to, version)
        await once.remember(work, 200, appointment)
    else:
        appointment = UUID(earlier.reference)
    return await _one(request, work, appointment)


async def _one(request: Request, work: Work, appointment: UUID, status: int = 200) -> Response:
    found = await _keeper(request).one(work, appointment)
    headers = etag(found.record.version)
    if status == 201:  # noqa: PLR2004 - where it was made
        headers["Location"] = f"/api/cases/v1/appointments/{appointment}"
    return disclose(
        work,
        AppointmentView.of(found.record, found.absences),
        decisions=found.decision,
        objects=[found.record.id],
        status=status,
        headers=headers,
    )


def _keeper(request: Request) -> "Appointments":
    keeper: Appointments = request.app.state.offices
    return keeper
