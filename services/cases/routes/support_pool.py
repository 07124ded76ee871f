"""The pool of support persons of a region."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Path, Request, Response

from services.cases.actions.support_pool import Guided
from services.cases.schemas.support import (
    SupervisionIn,
    SupervisionPage,
    SupportPersonChangeIn,
    SupportPersonIn,
    SupportPersonPage,
    SupportPersonView,
    TrainingIn,
)
from services.kit import personal_code
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.personal_code import PersonalCode, PersonalCodeError
from services.kit.problem import FieldError, Malformed, NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.support_pool import SupportPool

router = ServiceRouter(tags=["support persons"])

Code = Annotated[str, Path(max_length=41, description="Code of the region.", examples=["polva"])]


@router.get(
    "/regions/{code}/support-persons",
    summary="List the support persons of a region",
    response_model=SupportPersonPage,
    responses=problems(NotFound),
)
async def list_support_persons(
    request: Request,
    code: Code,
    work: Annotated[Work, Depends(unit_of_work("list_support_persons"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """The pool, with what each has learnt and how many cases each stands by."""
    place = None if cursor is None else Place.parse(cursor)
    decision, page = await _pool(request).page(work, code, place, limit)
    objects = [one.id for one in page.items]
    view = SupportPersonPage.of(page)
    return disclose(work, view, decisions=[decision] * len(page.items), objects=objects)


@router.post(
    "/regions/{code}/support-persons",
    summary="Add a support person",
    status_code=201,
    response_model=SupportPersonView,
    responses=problems(NotFound, IdempotencyKeyReused),
)
async def add_support_person(
    request: Request,
    code: Code,
    person: SupportPersonIn,
    work: Annotated[Work, Depends(unit_of_work("add_support_person"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """Somebody new; cases come after the obligatory modules, with a contract."""
    earlier = await once.earlier(work)
    if earlier is not None:
        return await _one(request, work, UUID(earlier.reference), 201)
    made = await _pool(request).add(
        work, code, person.particulars(), person.terms(), person.subject, _code(person.personal_code)
    )
    await once.remember(work, 201, made)
    return await _one(request, work, made, 201)


@router.get(
    "/support-persons/{person_id}",
    summary="Read a support person",
    response_model=SupportPersonView,
    responses=problems(NotFound),
)
async def get_support_person(
    request: Request,
    person_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_support_person"), scope="function")],
) -> Response:
    """Somebody of the pool."""
    return await _one(request, work, person_id, 200)


@router.put(
    "/support-persons/{person_id}",
    summary="Change a support person",
    response_model=SupportPersonView,
    responses=problems(NotFound, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def change_support_person(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    person_id: UUID,
    person: SupportPersonChangeIn,
    work: Annotated[Work, Depends(unit_of_work("change_support_person"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """Other particulars, languages, places or contract; whoever leaves gets an end of the contract."""
    if await once.earlier(work) is None:
        expected = expected_version(if_match)
        told = (person.particulars(), person.terms(), person.subject)
        await _pool(request).change(work, person_id, *told, expected)
        await once.remember(work, 200, person_id)
    return await _one(request, work, person_id, 200)


@router.post(
    "/support-persons/{person_id}/trainings",
    summary="Record a training",
    status_code=201,
    response_model=SupportPersonView,
    responses=problems(NotFound, IdempotencyKeyReused),
)
async def record_training(
    request: Request,
    person_id: UUID,
    training: TrainingIn,
    work: Annotated[Work, Depends(unit_of_work("record_training"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """Somebody has completed a module of the training."""
    if await once.earlier(work) is None:
        await _pool(request).train(work, person_id, training.module, training.completed_on)
        await once.remember(work, 201, person_id)
    return await _one(request, work, person_id, 201)


@router.get(
    "/regions/{code}/supervisions",
    summary="List the supervisions of a region",
    response_model=SupervisionPage,
    responses=problems(NotFound),
)
async def list_supervisions(
    request: Request,
    code: Code,
    work: Annotated[Work, Depends(unit_of_work("list_supervisions"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """How support persons were guided, the newest first."""
    place = None if cursor is None else Place.parse(cursor)
    decision, page = await _pool(request).supervisions(work, code, place, limit)
    objects = [one.id for one in page.items]
    return disclose(work, SupervisionPage.of(page), decisions=[decision] * len(page.items), objects=objects)


@router.post(
    "/regions/{code}/supervisions",
    summary="Record a supervision",
    status_code=201,
    response_model=SupervisionPage,
    responses=problems(NotFound, IdempotencyKeyReused),
)
async def record_supervision(
    request: Request,
    code: Code,
    supervision: SupervisionIn,
    work: Annotated[Work, Depends(unit_of_work("record_supervision"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """Support persons of the region were guided, or advised each other; answers the newest of the region."""
    if await once.earlier(work) is None:
        told = supervision
        guided = Guided(told.kind, told.held_on, told.minutes, told.participants)
        made = await _pool(request).supervise(work, code, guided)
        await once.remember(work, 201, made.id)
    decision, page = await _pool(request).supervisions(work, code, None, USUAL)
    objects = [one.id for one in page.items]
    decisions = [decision] * len(page.items)
    return disclose(work, SupervisionPage.of(page), decisions=decisions, objects=objects, status=201)


def _pool(request: Request) -> "SupportPool":
    pool: SupportPool = request.app.state.support_pool
    return pool


async def _one(request: Request, work: Work, person_id: UUID, status: int) -> Response:
    decision, person = await _pool(request).one(work, person_id)
    return disclose(
        work,
        SupportPersonView.of(person),
        decisions=decision,
        objects=[person.id],
        status=status,
        headers=etag(person.version),
    )


def _code(text: str | None) -> PersonalCode | None:
    if text is None:
        return None
    try:
        return personal_code.parse(text)
    except PersonalCodeError as error:
        raise Malformed(errors=[FieldError("/personalCode", error.code, str(error))]) from None
