"""Agendas of meetings."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.model.papers import Kind
from services.cases.model.problems import (
    AgendaClosed,
    AlreadyOnAgenda,
    ConfidentialityUnsigned,
    TransitionRefused,
)
from services.cases.routes.papers import FORMS, answer
from services.cases.schemas.agenda import (
    AgendaItemIn,
    AgendaItemView,
    AgendaView,
    PackView,
    ProposalsView,
    TakeOffIn,
)
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paper import PaperTooLong
from services.kit.problem import NotFound, Overloaded, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.agenda import Agendas
    from services.cases.actions.participants import Participants

router = ServiceRouter(tags=["meetings"])


@router.get(
    "/meetings/{meeting_id}/agenda",
    summary="List the agenda of a meeting",
    response_model=AgendaView,
    responses=problems(NotFound),
)
async def list_agenda(
    request: Request,
    meeting_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_agenda"), scope="function")],
) -> Response:
    """Which of the caller's cases are discussed, and how full it is by them; nothing about people."""
    agendas: Agendas = request.app.state.agendas
    agenda, decisions = await agendas.listed(work, meeting_id)
    objects = [meeting_id, *(one for item in agenda.items for one in (item.id, item.case))]
    return disclose(work, AgendaView.of(agenda), decisions=decisions, objects=objects)


@router.get(
    "/meetings/{meeting_id}/pack",
    summary="Read the contents of an agenda",
    response_model=PackView,
    responses=FORMS | problems(NotFound, ConfidentialityUnsigned, PaperTooLong, Overloaded),
)
async def get_agenda_pack(
    request: Request,
    meeting_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_agenda_pack"), scope="function")],
) -> Response:
    """Of each of the caller's cases who is in it, and what agencies told; once the caller has signed."""
    agendas: Agendas = request.app.state.agendas
    participants: Participants = request.app.state.participants
    seen = await agendas.meetings.seen(work, meeting_id)
    await participants.check_signed(work, meeting_id)
    found, decisions = await agendas.pack(work, seen.meeting)
    objects = [meeting_id, *(one for each in found.items for one in (each.item.id, each.item.case))]
    people = dict.fromkeys(part.person_id for each in found.items for part in each.people)
    view = PackView.of(found)
    return answer(request, work, view, Kind.PACK, decisions=decisions, objects=[*objects, *people])


@router.get(
    "/meetings/{meeting_id}/proposals",
    summary="List cases that should be on the agenda",
    response_model=ProposalsView,
    responses=problems(NotFound),
)
async def list_agenda_proposals(
    request: Request,
    meeting_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_agenda_proposals"), scope="function")],
) -> Response:
    """Cases that were never discussed, and those whose last discussion asked for a review by that day."""
    agendas: Agendas = request.app.state.agendas
    found, decisions = await agendas.proposed(work, meeting_id)
    objects = [meeting_id, *(each.case for each in found)]
    return disclose(work, ProposalsView.of(found), decisions=decisions, objects=objects)


@router.post(
    "/meetings/{meeting_id}/agenda",
    summary="Put a case on the agenda",
    status_code=201,
    response_model=AgendaItemView,
    responses=problems(NotFound, AgendaClosed, AlreadyOnAgenda, TransitionRefused, IdempotencyKeyReused),
)
async def put_on_agenda(
    request: Request,
    meeting_id: UUID,
    told: AgendaItemIn,
    work: Annotated[Work, Depends(unit_of_work("put_on_agenda"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """Once the agenda has closed with a reason alone; more than fits is taken, and said by the agenda."""
    agendas: Agendas = request.app.state.agendas
    earlier = await once.earlier(work)
    if earlier is None:
        made = await agendas.put(work, meeting_id, told.case_id, told.minutes, told.late_reason)
        await once.remember(work, 201, made)
    else:
        made = UUID(earlier.reference)
    return await _item(request, work, made, status=201)


@router.post(
    "/agenda-items/{agenda_item_id}/take-off",
    summary="Take a case off the agenda",
    response_model=AgendaItemView,
    responses=problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def take_off_agenda(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    agenda_item_id: UUID,
    told: TakeOffIn,
    work: Annotated[Work, Depends(unit_of_work("take_off_agenda"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The case is not discussed on that day; it is proposed again for the next one."""
    agendas: Agendas = request.app.state.agendas
    if await once.earlier(work) is None:
        await agendas.take_off(work, agenda_item_id, told.reason, expected_version(if_match))
        await once.remember(work, 200, agenda_item_id)
    return await _item(request, work, agenda_item_id, status=200)


async def _item(request: Request, work: Work, item_id: UUID, *, status: int) -> Response:
    agendas: Agendas = request.app.state.agendas
    item, decision = await agendas.one(work, item_id)
    objects, headers = [item.id, item.case, item.meeting], etag(item.version)
    view = AgendaItemView.of(item)
    return disclose(work, view, decisions=decision, objects=objects, status=status, headers=headers)
