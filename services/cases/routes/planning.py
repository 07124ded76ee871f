"""What people do with actions of the plan."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.model.plan import Command
from services.cases.model.problems import TransitionRefused
from services.cases.routes.plan import shown_action
from services.cases.schemas.plan import (
    ActionView,
    AmendIn,
    AssignIn,
    CancelIn,
    CarryOverIn,
    CloseIn,
    DeclineIn,
    DoneIn,
    NotDoneIn,
    ProposalIn,
    VolunteerIn,
)
from services.kit.db import Work, unit_of_work
from services.kit.etag import IfMatch, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.plan import Plans

router = ServiceRouter(tags=["action plan"])
_SAID: dict[str, Any] = {
    "response_model": ActionView,
    "responses": problems(
        NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused
    ),
}


@router.post(
    "/cases/{case_id}/actions",
    summary="Propose an action",
    status_code=201,
    response_model=ActionView,
    responses=problems(NotFound, IdempotencyKeyReused),
)
async def propose_action(
    request: Request,
    case_id: UUID,
    proposed: ProposalIn,
    work: Annotated[Work, Depends(unit_of_work("propose_action"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """A specific, measurable action with a day; an agency is asked for it, or whoever volunteers has it."""
    plans: Plans = request.app.state.plans
    earlier = await once.earlier(work)
    if earlier is not None:
        return await shown_action(request, work, UUID(earlier.reference), 201)
    action_id = await plans.propose(work, case_id, proposed.proposal())
    await once.remember(work, 201, action_id)
    return await shown_action(request, work, action_id, 201)


@router.put("/actions/{action_id}", summary="Amend an action", **_SAID)
async def amend_action(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    action_id: UUID,
    said: AmendIn,
    work: Annotated[Work, Depends(unit_of_work("amend_action"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """Other words or another day; what it said before is kept."""
    return await _acted(request, work, action_id, said.command(), once, if_match)


@router.post("/actions/{action_id}/volunteer", summary="Volunteer for an action", **_SAID)
async def volunteer_for_action(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    action_id: UUID,
    said: VolunteerIn,
    work: Annotated[Work, Depends(unit_of_work("volunteer_for_action"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """An agency that takes part in the case takes the action that it is asked for, or that nobody has."""
    return await _acted(request, work, action_id, said.command(), once, if_match)


@router.post("/actions/{action_id}/assign", summary="Assign an action", **_SAID)
async def assign_action(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    action_id: UUID,
    said: AssignIn,
    work: Annotated[Work, Depends(unit_of_work("assign_action"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The coordinator gives the action to an agency, or to another."""
    return await _acted(request, work, action_id, said.command(), once, if_match)


@router.post("/actions/{action_id}/decline", summary="Decline an action", **_SAID)
async def decline_action(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    action_id: UUID,
    said: DeclineIn,
    work: Annotated[Work, Depends(unit_of_work("decline_action"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """An agency says no to what it is asked for, or gives back what it has; then it waits for another."""
    return await _acted(request, work, action_id, said.command(), once, if_match)


@router.post("/actions/{action_id}/complete", summary="Report an action as done", **_SAID)
async def complete_action(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    action_id: UUID,
    said: DoneIn,
    work: Annotated[Work, Depends(unit_of_work("complete_action"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """Who has the action says what came of it; the next meeting looks at it."""
    return await _acted(request, work, action_id, said.command(), once, if_match)


@router.post("/actions/{action_id}/fail", summary="Report an action as not done", **_SAID)
async def fail_action(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    action_id: UUID,
    said: NotDoneIn,
    work: Annotated[Work, Depends(unit_of_work("fail_action"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """Who has the action says why it was not done; the next meeting looks at it."""
    return await _acted(request, work, action_id, said.command(), once, if_match)


@router.post("/actions/{action_id}/carry-over", summary="Carry an action over", **_SAID)
async def carry_action_over(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    action_id: UUID,
    said: CarryOverIn,
    work: Annotated[Work, Depends(unit_of_work("carry_action_over"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The meeting lets the action go on until another day."""
    return await _acted(request, work, action_id, said.command(), once, if_match)


@router.post("/actions/{action_id}/close", summary="Close an action", **_SAID)
async def close_action(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    action_id: UUID,
    said: CloseIn,
    work: Annotated[Work, Depends(unit_of_work("close_action"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The meeting has looked at what was reported, and the action is over."""
    return await _acted(request, work, action_id, said.command(), once, if_match)


@router.post("/actions/{action_id}/cancel", summary="Cancel an action", **_SAID)
async def cancel_action(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    action_id: UUID,
    said: CancelIn,
    work: Annotated[Work, Depends(unit_of_work("cancel_action"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """There is no need for the action any more; the reason is kept."""
    return await _acted(request, work, action_id, said.command(), once, if_match)


async def _acted(  # noqa: PLR0913, PLR0917 - the parts of one change
    request: Request, work: Work, action_id: UUID, command: Command, once: Once, if_match: str | None
) -> Response:
    plans: Plans = request.app.state.plans
    if await once.earlier(work) is None:
        await plans.act(work, action_id, command, expected_version(if_match))
        await once.remember(work, 200, action_id)
    return await shown_action(request, work, action_id)
