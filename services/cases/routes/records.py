"""What is known of people within a case, category by category."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.cases.model.problems import TransitionRefused
from services.cases.model.records import Entry, Only
from services.cases.schemas.records import (
    EntryIn,
    EntryPage,
    EntryVersions,
    EntryView,
    NewEntryIn,
    ReasonIn,
)
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.expanding import expands
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.records import Records, Shown

router = ServiceRouter(tags=["people in a case"])

OnlyPerson = Annotated[UUID | None, Query(alias="person", description="Only about this person.")]
OnlyCategory = Annotated[
    str | None,
    Query(alias="category", max_length=40, description="Only of this category.", examples=["phone"]),
]
_CHANGES = (NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused)


@router.get(
    "/cases/{case_id}/entries",
    summary="List what is known of people in a case",
    response_model=EntryPage,
    responses=problems(NotFound),
)
async def list_entries(  # noqa: PLR0913, PLR0917 - what a list can be asked
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_entries"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
    person: OnlyPerson = None,
    category: OnlyCategory = None,
) -> Response:
    """What holds now, of the categories whose values the caller may read; the latest recorded first."""
    records: Records = request.app.state.records
    place = None if cursor is None else Place.parse(cursor)
    on, page = await records.of_case(work, case_id, Only(person, category), place, limit)
    view = EntryPage.of(page, records.catalog.listed)
    return disclose(work, view, decisions=on.decision, objects=_objects(on.id, page.items))


@router.post(
    "/cases/{case_id}/entries",
    summary="Record something about a person in a case",
    status_code=201,
    response_model=EntryView,
    responses=problems(NotFound, IdempotencyKeyReused),
)
async def record_entry(
    request: Request,
    case_id: UUID,
    told: NewEntryIn,
    work: Annotated[Work, Depends(unit_of_work("record_entry"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """Keeps what somebody tells, if the law lists its category for the person's role in the case."""
    records: Records = request.app.state.records
    earlier = await once.earlier(work)
    if earlier is None:
        entry = await records.record(work, case_id, told.about(), told.told())
        await once.remember(work, 201, entry.id)
    entry_id = entry.id if earlier is None else UUID(earlier.reference)
    return _one(request, work, await records.versions(work, entry_id), status=201)


@router.get(
    "/entries/{entry_id}",
    summary="Read something that is known of a person",
    response_model=EntryView,
    responses=problems(NotFound),
)
@expands("versions")
async def get_entry(
    request: Request,
    entry_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_entry"), scope="function")],
) -> Response:
    """The last version of an entry."""
    records: Records = request.app.state.records
    return _one(request, work, await records.versions(work, entry_id))


@router.get(
    "/entries/{entry_id}/versions",
    summary="Read how an entry came about",
    response_model=EntryVersions,
    responses=problems(NotFound),
)
async def list_entry_versions(
    request: Request,
    entry_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_entry_versions"), scope="function")],
) -> Response:
    """Every version, the last one first: who told what, when; nothing is overwritten."""
    records: Records = request.app.state.records
    shown = await records.versions(work, entry_id)
    view = EntryVersions.of(shown.entries, records.catalog.listed)
    objects = _objects(shown.on.id, shown.entries)
    return disclose(work, view, decisions=shown.on.decision, objects=objects)


@router.post(
    "/entries/{entry_id}/correct",
    summary="Correct an entry",
    response_model=EntryView,
    responses=problems(*_CHANGES),
)
async def correct_entry(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    entry_id: UUID,
    told: EntryIn,
    work: Annotated[Work, Depends(unit_of_work("correct_entry"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The next version takes the place of the last one, which stays readable; person and category stay."""
    records: Records = request.app.state.records
    if await once.earlier(work) is None:
        await records.correct(work, entry_id, told.told(), expected_version(if_match))
        await once.remember(work, 200, entry_id)
    return _one(request, work, await records.versions(work, entry_id))


@router.post(
    "/entries/{entry_id}/retract",
    summary="Take an entry back",
    response_model=EntryView,
    responses=problems(*_CHANGES),
)
async def retract_entry(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    entry_id: UUID,
    why: ReasonIn,
    work: Annotated[Work, Depends(unit_of_work("retract_entry"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """It does not hold: its last version has a reason and no value. Earlier versions stay readable."""
    records: Records = request.app.state.records
    if await once.earlier(work) is None:
        await records.retract(work, entry_id, why.reason, expected_version(if_match))
        await once.remember(work, 200, entry_id)
    return _one(request, work, await records.versions(work, entry_id))


def _one(request: Request, work: Work, shown: "Shown", *, status: int = 200) -> Response:
    entry = shown.entries[0]
    view = EntryView.of(entry, request.app.state.catalog.listed)
    objects = _objects(shown.on.id, [entry])
    return disclose(
        work, view, decisions=shown.on.decision, objects=objects, status=status, headers=etag(entry.version)
    )


def _objects(case: UUID, entries: Sequence[Entry]) -> list[UUID]:
    people = dict.fromkeys(entry.person for entry in entries)
    return list(dict.fromkeys([case, *people, *(entry.id for entry in entries)]))
