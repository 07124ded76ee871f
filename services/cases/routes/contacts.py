"""The log of contacts of support persons."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.model.problems import TransitionRefused
from services.cases.schemas.contacts import (
    ContactIn,
    ContactRetractionIn,
    SupportContactPage,
    SupportContactVersionsView,
    SupportContactView,
)
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.contacts import Contacts

router = ServiceRouter(tags=["support persons"])
_SAID: dict[str, Any] = {
    "response_model": SupportContactView,
    "responses": problems(
        NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused
    ),
}


@router.get(
    "/cases/{case_id}/support-contacts",
    summary="List the contacts with a victim",
    response_model=SupportContactPage,
    responses=problems(NotFound),
)
async def list_support_contacts(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_support_contacts"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """Each as it holds, the newest first."""
    contacts: Contacts = request.app.state.contacts
    place = None if cursor is None else Place.parse(cursor)
    on, page = await contacts.page(work, case_id, place, limit)
    objects = [on.id, *(each.id for each in page.items)]
    return disclose(work, SupportContactPage.of(page), decisions=on.decision, objects=objects)


@router.post(
    "/cases/{case_id}/support-contacts",
    summary="Record a contact with the victim",
    status_code=201,
    response_model=SupportContactView,
    responses=problems(NotFound, IdempotencyKeyReused),
)
async def record_support_contact(
    request: Request,
    case_id: UUID,
    contact: ContactIn,
    work: Annotated[Work, Depends(unit_of_work("record_support_contact"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """By whoever stood by her on that day; never changed, only put right by a next version."""
    contacts: Contacts = request.app.state.contacts
    earlier = await once.earlier(work)
    if earlier is not None:
        return await _shown(request, work, UUID(earlier.reference), 201)
    made = await contacts.record(work, case_id, contact.told())
    await once.remember(work, 201, made)
    return await _shown(request, work, made, 201)


@router.get(
    "/support-contacts/{contact_id}",
    summary="Read a contact",
    response_model=SupportContactView,
    responses=problems(NotFound),
)
async def get_support_contact(
    request: Request,
    contact_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_support_contact"), scope="function")],
) -> Response:
    """A contact as it holds."""
    return await _shown(request, work, contact_id)


@router.get(
    "/support-contacts/{contact_id}/versions",
    summary="Read all that was told of a contact",
    response_model=SupportContactVersionsView,
    responses=problems(NotFound),
)
async def list_support_contact_versions(
    request: Request,
    contact_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_support_contact_versions"), scope="function")],
) -> Response:
    """The last first."""
    contacts: Contacts = request.app.state.contacts
    on, versions = await contacts.versions(work, contact_id)
    view = SupportContactVersionsView.of(versions)
    return disclose(work, view, decisions=on.decision, objects=[contact_id, on.id])


@router.put("/support-contacts/{contact_id}", summary="Put a contact right", **_SAID)
async def correct_support_contact(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    contact_id: UUID,
    contact: ContactIn,
    work: Annotated[Work, Depends(unit_of_work("correct_support_contact"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """By who wrote it, or the coordinator; what was told before stays."""
    contacts: Contacts = request.app.state.contacts
    if await once.earlier(work) is None:
        await contacts.correct(work, contact_id, contact.told(), expected_version(if_match))
        await once.remember(work, 200, contact_id)
    return await _shown(request, work, contact_id)


@router.post("/support-contacts/{contact_id}/retraction", summary="Retract a contact", **_SAID)
async def retract_support_contact(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    contact_id: UUID,
    retraction: ContactRetractionIn,
    work: Annotated[Work, Depends(unit_of_work("retract_support_contact"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """There was no such contact; it counts no more, and what was told before stays."""
    contacts: Contacts = request.app.state.contacts
    if await once.earlier(work) is None:
        await contacts.retract(work, contact_id, retraction.reason, expected_version(if_match))
        await once.remember(work, 200, contact_id)
    return await _shown(request, work, contact_id)


async def _shown(request: Request, work: Work, contact_id: UUID, status: int = 200) -> Response:
    contacts: Contacts = request.app.state.contacts
    on, found = await contacts.one(work, contact_id)
    headers = etag(found.version)
    if status == 201:  # noqa: PLR2004 - made
        headers |= {"Location": f"/api/cases/v1/support-contacts/{contact_id}"}
    view = SupportContactView.of(found)
    objects = [contact_id, on.id]
    return disclose(work, view, decisions=on.decision, objects=objects, status=status, headers=headers)
