"""Services by need: the catalogue, and what people in a case are offered."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.model.offers import OfferAction, OfferState
from services.cases.model.problems import OffersStopped, TransitionRefused
from services.cases.schemas.offers import (
    OfferEndIn,
    OfferIn,
    OfferPage,
    OfferStepIn,
    OfferView,
    ServicesView,
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
    from services.cases.actions.offers import Offers

router = ServiceRouter(tags=["services by need"])
_SAID: dict[str, Any] = {
    "response_model": OfferView,
    "responses": problems(
        NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused
    ),
}


@router.get("/services", summary="List the services that can be offered", response_model=ServicesView)
async def list_services(
    request: Request, work: Annotated[Work, Depends(unit_of_work("list_services"), scope="function")]
) -> Response:
    """The published services: for whom, and who gives them."""
    view = ServicesView.of(request.app.state.catalog.offers)
    return disclose(work, view, decisions=work.permit.on({}), objects=[])


@router.get(
    "/cases/{case_id}/service-offers",
    summary="List the services offered in a case",
    response_model=OfferPage,
    responses=problems(NotFound),
)
async def list_service_offers(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_service_offers"), scope="function")],
    person: UUID | None = None,
    state: OfferState | None = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """Offered, accepted, refused, given, ended: the newest first."""
    offers: Offers = request.app.state.offers
    place = None if cursor is None else Place.parse(cursor)
    on, page = await offers.page(work, case_id, (person, state), place, limit)
    view = OfferPage.of(page, request.app.state.catalog.offers.services)
    objects = [on.id, *(each.offer.id for each in page.items)]
    return disclose(work, view, decisions=on.decision, objects=objects)


@router.post(
    "/cases/{case_id}/service-offers",
    summary="Offer somebody a service",
    status_code=201,
    response_model=OfferView,
    responses=problems(NotFound, OffersStopped, TransitionRefused, IdempotencyKeyReused),
)
async def offer_service(
    request: Request,
    case_id: UUID,
    offer: OfferIn,
    work: Annotated[Work, Depends(unit_of_work("offer_service"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """By need; nothing is offered to somebody who objects (OAS § 7(5))."""
    offers: Offers = request.app.state.offers
    earlier = await once.earlier(work)
    if earlier is not None:
        return await _shown(request, work, UUID(earlier.reference), 201)
    made = await offers.offer(work, case_id, offer.new())
    await once.remember(work, 201, made)
    return await _shown(request, work, made, 201)


@router.get(
    "/service-offers/{offer_id}",
    summary="Read an offer of a service",
    response_model=OfferView,
    responses=problems(NotFound),
)
async def get_service_offer(
    request: Request,
    offer_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_service_offer"), scope="function")],
) -> Response:
    """An offer, with the words that the caller may read."""
    return await _shown(request, work, offer_id)


@router.post("/service-offers/{offer_id}/acceptance", summary="The service is accepted", **_SAID)
async def accept_service(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    offer_id: UUID,
    step: OfferStepIn,
    work: Annotated[Work, Depends(unit_of_work("accept_service"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The person wants it."""
    return await _act(request, work, once, offer_id, OfferAction.ACCEPT, (step.on, None), if_match)


@router.post("/service-offers/{offer_id}/refusal", summary="The service is refused", **_SAID)
async def refuse_service(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    offer_id: UUID,
    step: OfferEndIn,
    work: Annotated[Work, Depends(unit_of_work("refuse_service"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The person does not want it, or no more, for a published reason."""
    return await _act(request, work, once, offer_id, OfferAction.REFUSE, (step.on, step.reason), if_match)


@router.post("/service-offers/{offer_id}/beginning", summary="The service is given", **_SAID)
async def begin_service(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    offer_id: UUID,
    step: OfferStepIn,
    work: Annotated[Work, Depends(unit_of_work("begin_service"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """From this day on."""
    return await _act(request, work, once, offer_id, OfferAction.BEGIN, (step.on, None), if_match)


@router.post("/service-offers/{offer_id}/ending", summary="The service has ended", **_SAID)
async def end_service(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    offer_id: UUID,
    step: OfferEndIn,
    work: Annotated[Work, Depends(unit_of_work("end_service"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """It was given until this day, and ends for a published reason."""
    return await _act(request, work, once, offer_id, OfferAction.END, (step.on, step.reason), if_match)


@router.post("/service-offers/{offer_id}/withdrawal", summary="Withdraw an offer", **_SAID)
async def withdraw_service(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    offer_id: UUID,
    step: OfferEndIn,
    work: Annotated[Work, Depends(unit_of_work("withdraw_service"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The agency cannot give what it offered, or never did offer it."""
    return await _act(request, work, once, offer_id, OfferAction.WITHDRAW, (step.on, step.reason), if_match)


async def _act(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    work: Work,
    once: Once,
    offer_id: UUID,
    action: OfferAction,
    said: tuple[date, str | None],
    if_match: str | None,
) -> Response:
    offers: Offers = request.app.state.offers
    if await once.earlier(work) is None:
        await offers.act(work, offer_id, action, *said, expected_version(if_match))
        await once.remember(work, 200, offer_id)
    return await _shown(request, work, offer_id)


async def _shown(request: Request, work: Work, offer_id: UUID, status: int = 200) -> Response:
    offers: Offers = request.app.state.offers
    on, found = await offers.one(work, offer_id)
    view = OfferView.of(found, request.app.state.catalog.offers.services)
    headers = etag(found.offer.version)
    if status == 201:  # noqa: PLR2004 - made
        headers |= {"Location": f"/api/cases/v1/service-offers/{offer_id}"}
    objects = [found.offer.id, on.id, found.offer.person]
    return disclose(work, view, decisions=on.decision, objects=objects, status=status, headers=headers)
