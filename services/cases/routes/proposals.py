"""Proposals to refer a further incident again."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.actions.proposals import Answer
from services.cases.model.problems import TransitionRefused
from services.cases.schemas.proposals import ProposalAnswerIn, ProposalPage, ProposalView
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.proposals import Proposals

router = ServiceRouter(tags=["referrals and cases"])


@router.get(
    "/cases/{case_id}/repeat-proposals",
    summary="List the incidents that would be repeats",
    response_model=ProposalPage,
    responses=problems(NotFound),
)
async def list_repeat_proposals(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_repeat_proposals"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """Each recorded incident that the definition in force calls a repeat, and what became of it."""
    proposals: Proposals = request.app.state.proposals
    place = None if cursor is None else Place.parse(cursor)
    on, page = await proposals.of_case(work, case_id, place, limit)
    shown = [on.id, *(each.id for each in page.items)]
    return disclose(work, ProposalPage.of(page), decisions=on.decision, objects=shown)


@router.get(
    "/repeat-proposals/{proposal_id}",
    summary="Read a proposal to refer an incident again",
    response_model=ProposalView,
    responses=problems(NotFound),
)
async def get_repeat_proposal(
    request: Request,
    proposal_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_repeat_proposal"), scope="function")],
) -> Response:
    """One proposal; its id is the incident's."""
    return await _one(request, work, proposal_id)


@router.post(
    "/repeat-proposals/{proposal_id}/answer",
    summary="Answer a proposal to refer an incident again",
    response_model=ProposalView,
    responses=problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def decide_repeat_proposal(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    proposal_id: UUID,
    answer: ProposalAnswerIn,
    work: Annotated[Work, Depends(unit_of_work("decide_repeat_proposal"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The referral that was made of it, or why none is; then nothing waits any more."""
    proposals: Proposals = request.app.state.proposals
    if await once.earlier(work) is None:
        told = Answer(
            is_referred=answer.decision == "refer", referral=answer.referral_id, reason=answer.reason
        )
        await proposals.answer(work, proposal_id, told, expected_version(if_match))
        await once.remember(work, 200, proposal_id)
    return await _one(request, work, proposal_id)


async def _one(request: Request, work: Work, proposal_id: UUID) -> Response:
    proposals: Proposals = request.app.state.proposals
    on, found = await proposals.one(work, proposal_id)
    return disclose(
        work,
        ProposalView.of(found),
        decisions=on.decision,
        objects=[found.id, on.id],
        headers=etag(found.version),
    )
