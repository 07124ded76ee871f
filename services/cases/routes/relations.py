"""How people in a case stand to each other."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.cases.model.problems import TransitionRefused
from services.cases.model.refusals import RelationExists
from services.cases.schemas.relations import RelationChangeIn, RelationIn, RelationList, RelationView
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.relations import Relations

router = ServiceRouter(tags=["people in a case"])

Ended = Annotated[bool, Query(description="Also those that were refuted or removed.")]


@router.get(
    "/cases/{case_id}/relations",
    summary="List how people in a case stand to each other",
    response_model=RelationList,
    responses=problems(NotFound),
)
async def list_relations(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_relations"), scope="function")],
    ended: Ended = False,  # noqa: FBT002 - a filter of the query
) -> Response:
    """Every dyad with its direction, who threatens whom first."""
    relations: Relations = request.app.state.relations
    on, found = await relations.of_case(work, case_id, ended=ended)
    people = [end.person for one in found for end in (one.dyad.source, one.dyad.target)]
    objects = list(dict.fromkeys([on.id, *people]))
    return disclose(work, RelationList.of(found), decisions=on.decision, objects=objects)


@router.post(
    "/cases/{case_id}/relations",
    summary="Record how two people in a case stand to each other",
    status_code=201,
    response_model=RelationView,
    responses=problems(NotFound, RelationExists, IdempotencyKeyReused),
)
async def record_relation(
    request: Request,
    case_id: UUID,
    told: RelationIn,
    work: Annotated[Work, Depends(unit_of_work("record_relation"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """A dyad in one direction; what the other side says is recorded by itself, and changes no role."""
    relations: Relations = request.app.state.relations
    earlier = await once.earlier(work)
    if earlier is None:
        made = await relations.record(work, case_id, told.dyad())
        await once.remember(work, 201, made)
    return await _one(request, work, made if earlier is None else UUID(earlier.reference), status=201)


@router.post(
    "/relations/{relation_id}/change",
    summary="Confirm, refute or remove a relation",
    response_model=RelationView,
    responses=problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def change_relation(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    relation_id: UUID,
    change: RelationChangeIn,
    work: Annotated[Work, Depends(unit_of_work("change_relation"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The state of this direction alone; what was refuted or removed stays readable."""
    relations: Relations = request.app.state.relations
    if await once.earlier(work) is None:
        expected = expected_version(if_match)
        await relations.change(work, relation_id, change.action, change.reason, expected)
        await once.remember(work, 200, relation_id)
    return await _one(request, work, relation_id)


async def _one(request: Request, work: Work, relation: UUID, *, status: int = 200) -> Response:
    relations: Relations = request.app.state.relations
    on, found = await relations.read(work, relation)
    objects = [on.id, found.dyad.source.person, found.dyad.target.person]
    view = RelationView.of(found)
    return disclose(
        work, view, decisions=on.decision, objects=objects, status=status, headers=etag(found.version)
    )
