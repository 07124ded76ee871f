"""Who might be the same person, and who is."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.model.matching import Merge
from services.cases.model.problems import TransitionRefused
from services.cases.model.refusals import MergeRefused
from services.cases.schemas.merges import CandidateList, MergeDecisionIn, MergeIn, MergeList, MergeView
from services.cases.schemas.records import ReasonIn
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Limit
from services.kit.policy import Decision
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.merging import Merging

router = ServiceRouter(tags=["people in a case"])

_CHANGES = (NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused)


@router.get(
    "/people/{person_id}/candidates",
    summary="List who might be the same person",
    response_model=CandidateList,
    responses=problems(NotFound),
)
async def list_candidates(
    request: Request,
    person_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_candidates"), scope="function")],
    limit: Limit = USUAL,
) -> Response:
    """Whom the caller may see as well, with a probability that is explained field by field."""
    merging: Merging = request.app.state.merging
    found = await merging.candidates(work, person_id, limit)
    doubles = found.doubles
    objects = list(dict.fromkeys([*doubles.same, *(one.person for one in doubles.found)]))
    return disclose(work, CandidateList.of(doubles), decisions=found.decisions, objects=objects)


@router.post(
    "/people/{person_id}/merges",
    summary="Propose that two people are one",
    status_code=201,
    response_model=MergeView,
    responses=problems(NotFound, MergeRefused, IdempotencyKeyReused),
)
async def propose_merge(
    request: Request,
    person_id: UUID,
    proposal: MergeIn,
    work: Annotated[Work, Depends(unit_of_work("propose_merge"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """A proposal changes nothing until a person decides about it."""
    merging: Merging = request.app.state.merging
    earlier = await once.earlier(work)
    if earlier is None:
        merge, decision = await merging.propose(work, person_id, proposal.other, proposal.reason)
        await once.remember(work, 201, merge.id)
    else:
        merge, decision = await merging.read(work, UUID(earlier.reference))
    return _one(work, merge, decision, status=201)


@router.get(
    "/people/{person_id}/merges",
    summary="List the merges of a person",
    response_model=MergeList,
    responses=problems(NotFound),
)
async def list_merges(
    request: Request,
    person_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_merges"), scope="function")],
) -> Response:
    """Proposed, done, refused and undone, of which the caller may see both people; the newest first."""
    merging: Merging = request.app.state.merging
    found, decisions = await merging.of_person(work, person_id)
    people = [each for one in found for each in (one.one, one.other)]
    objects = list(dict.fromkeys([person_id, *people]))
    return disclose(work, MergeList.of(found), decisions=decisions, objects=objects)


@router.post(
    "/person-merges/{merge_id}/decide",
    summary="Decide about a proposed merge",
    response_model=MergeView,
    responses=problems(*_CHANGES, MergeRefused),
)
async def decide_merge(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    merge_id: UUID,
    decided: MergeDecisionIn,
    work: Annotated[Work, Depends(unit_of_work("decide_merge"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """Two ids are one person from here on, for reading, flags and repeats; or they are not."""
    merging: Merging = request.app.state.merging
    if await once.earlier(work) is None:
        expected = expected_version(if_match)
        merge, decision = await merging.decide(work, merge_id, decided.decision, decided.reason, expected)
        await once.remember(work, 200, merge_id)
    else:
        merge, decision = await merging.read(work, merge_id)
    return _one(work, merge, decision)


@router.post(
    "/person-merges/{merge_id}/undo",
    summary="Undo a merge",
    response_model=MergeView,
    responses=problems(*_CHANGES),
)
async def undo_merge(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    merge_id: UUID,
    why: ReasonIn,
    work: Annotated[Work, Depends(unit_of_work("undo_merge"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """Two people are two again, exactly as they were before."""
    merging: Merging = request.app.state.merging
    if await once.earlier(work) is None:
        merge, decision = await merging.undo(work, merge_id, why.reason, expected_version(if_match))
        await once.remember(work, 200, merge_id)
    else:
        merge, decision = await merging.read(work, merge_id)
    return _one(work, merge, decision)


def _one(work: Work, merge: Merge, decision: Decision, *, status: int = 200) -> Response:
    objects = [merge.id, merge.one, merge.other]
    view = MergeView.of(merge)
    return disclose(
        work, view, decisions=decision, objects=objects, status=status, headers=etag(merge.version)
    )
