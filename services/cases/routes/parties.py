"""Who is in a case."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.cases.model.problems import TransitionRefused
from services.cases.model.refusals import AlreadyInCase
from services.cases.schemas.parties import CasePeople, CasePersonView, PartyIn
from services.cases.schemas.records import ReasonIn
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.problem import NotFound, Overloaded, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.parties import Parties

router = ServiceRouter(tags=["people in a case"])

Removed = Annotated[bool, Query(description="Also those who were removed.")]


@router.get(
    "/cases/{case_id}/people",
    summary="List the people in a case",
    response_model=CasePeople,
    responses=problems(NotFound),
)
async def list_case_people(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_case_people"), scope="function")],
    removed: Removed = False,  # noqa: FBT002 - a filter of the query
) -> Response:
    """Everybody whom a referral of the case names, and everybody who was added by hand."""
    parties: Parties = request.app.state.parties
    on, found = await parties.of_case(work, case_id, removed=removed)
    objects = list(dict.fromkeys([on.id, *(one.person for one in found)]))
    return disclose(work, CasePeople.of(found), decisions=on.decision, objects=objects)


@router.post(
    "/cases/{case_id}/people",
    summary="Add a person to a case",
    status_code=201,
    response_model=CasePersonView,
    responses=problems(NotFound, AlreadyInCase, IdempotencyKeyReused, Overloaded),
)
async def add_case_person(
    request: Request,
    case_id: UUID,
    newcomer: PartyIn,
    work: Annotated[Work, Depends(unit_of_work("add_case_person"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """A child, another person, or a further threatening person; names, code and birth date become entries."""
    parties: Parties = request.app.state.parties
    earlier = await once.earlier(work)
    if earlier is None:
        made = await parties.add(work, case_id, newcomer.newcomer())
        await once.remember(work, 201, made)
    party = made if earlier is None else UUID(earlier.reference)
    place = {"Location": f"/api/cases/v1/cases/{case_id}/people"}
    return await _one(request, work, party, status=201, headers=place)


@router.post(
    "/case-people/{party_id}/remove",
    summary="Remove a person from a case",
    response_model=CasePersonView,
    responses=problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def remove_case_person(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    party_id: UUID,
    why: ReasonIn,
    work: Annotated[Work, Depends(unit_of_work("remove_case_person"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """Somebody who was added by hand in error; whom a referral names its sender takes out."""
    parties: Parties = request.app.state.parties
    if await once.earlier(work) is None:
        await parties.remove(work, party_id, why.reason, expected_version(if_match))
        await once.remember(work, 200, party_id)
    return await _one(request, work, party_id)


async def _one(
    request: Request,
    work: Work,
    party: UUID,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    parties: Parties = request.app.state.parties
    on, found = await parties.read(work, party)
    return disclose(
        work,
        CasePersonView.of(found),
        decisions=on.decision,
        objects=[on.id, found.person],
        status=status,
        headers={**etag(found.version), **(headers or {})},
    )
