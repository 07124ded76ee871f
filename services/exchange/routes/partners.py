"""Partners, for those who keep the exchange running: pause and resume, how the deliveries go."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.exchange.actions import pauses
from services.exchange.actions.pauses import Figures
from services.exchange.model.problems import AlreadyPaused, PauseEnded
from services.exchange.routes.messages import reason_view
from services.exchange.schemas.partners import (
    DeliveriesReport,
    DeliveriesView,
    FailedView,
    PauseIn,
    PauseList,
    PauseView,
)
from services.exchange.store.pauses import Pause
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.fields import Instant
from services.kit.idempotency import Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import Limit
from services.kit.problem import FieldError, Malformed, NotFound
from services.kit.strictroute import ServiceRouter

router = ServiceRouter(tags=["partners"])

_USUAL: Final = timedelta(days=1)
_LONGEST: Final = timedelta(days=92)
_PERIOD: Final = "the period is longer than nothing and at the most 92 days"

OnlyOpen = Annotated[bool, Query(alias="open", description="Only those that hold now.")]
Since = Annotated[Instant | None, Query(alias="from", description="A day before `to` when it is not given.")]
Until = Annotated[Instant | None, Query(alias="to", description="Now when it is not given.")]


@router.get("/pauses", summary="List pauses of partners", response_model=PauseList)
async def list_pauses(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_pauses"), scope="function")],
    *,
    limit: Limit = 50,
    only_open: OnlyOpen = False,
) -> Response:
    """To whom nothing is or was sent, why, and who said so; the latest first."""
    found = await pauses.latest(work, only_open=only_open, limit=limit)
    shown = PauseList(items=[_view(request, one) for one in found])
    return disclose(work, shown, decisions=work.permit.on({}), objects=[one.id for one in found])


@router.post(
    "/pauses",
    summary="Send nothing to a partner for a while",
    status_code=201,
    response_model=PauseView,
    responses=problems(AlreadyPaused),
)
async def pause_partner(
    request: Request,
    told: PauseIn,
    work: Annotated[Work, Depends(unit_of_work("pause_partner"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """No try begins any more; those under way end, and the queue goes on filling."""
    if told.partner not in request.app.state.partners:
        raise Malformed(errors=[FieldError("/partner", "unknown", "the partner is none of ours")])
    earlier = await once.earlier(work)
    if earlier is None:
        pause_id = await pauses.pause(work, told.partner, told.reason)
        await once.remember(work, 201, pause_id)
    else:
        pause_id = UUID(earlier.reference)
    location = {"Location": f"/api/exchange/v1/pauses/{pause_id}"}
    return await _shown(request, work, pause_id, status=201, headers=location)


@router.get(
    "/pauses/{pause_id}", summary="Read a pause", response_model=PauseView, responses=problems(NotFound)
)
async def get_pause(
    request: Request,
    pause_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_pause"), scope="function")],
) -> Response:
    """Whether it holds, why, and who said so."""
    return await _shown(request, work, pause_id)


@router.post(
    "/pauses/{pause_id}/resume",
    summary="Send to a partner again",
    response_model=PauseView,
    responses=problems(NotFound, PauseEnded),
)
async def resume_partner(
    request: Request,
    pause_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("resume_partner"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """Ends the pause; what waits is sent within seconds, in its order, whatever its next try was to be."""
    if await once.earlier(work) is None:
        await pauses.resume(work, pause_id)
        await once.remember(work, 200, pause_id)
    return await _shown(request, work, pause_id)


@router.get("/deliveries", summary="How deliveries went, by partner", response_model=DeliveriesReport)
async def list_deliveries(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_deliveries"), scope="function")],
    since: Since = None,
    until: Until = None,
) -> Response:
    """What partners took in a period, how long it waited, what failed; and what waits now."""
    end = until or work.now
    start = since or end - _USUAL
    if not timedelta(0) < end - start <= _LONGEST:
        raise Malformed(errors=[FieldError("query:from", "period", _PERIOD)])
    found = await pauses.figures(work, request.app.state.partners, start, end)
    report = DeliveriesReport(since=start, until=end, items=[_figures(one) for one in found])
    return disclose(work, report, decisions=work.permit.on({}), objects=[one.partner for one in found])


async def _shown(
    request: Request,
    work: Work,
    pause_id: UUID,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    view = _view(request, await pauses.one(work, pause_id))
    return disclose(
        work, view, decisions=work.permit.on({}), objects=[pause_id], status=status, headers=headers
    )


def _view(request: Request, pause: Pause) -> PauseView:
    words = {name: getattr(pause, name) for name in pause.__slots__}
    state = "open" if pause.resumed_at is None else "ended"
    return PauseView(**words | {"state": state, "reason": reason_view(request, pause.reason)})


def _figures(found: Figures) -> DeliveriesView:
    return DeliveriesView(
        partner=found.partner,
        paused=None if found.pause is None else found.pause.id,
        delivered=found.delivered.sent,
        median_ms=found.delivered.median_ms,
        p95_ms=found.delivered.p95_ms,
        tries=found.tries,
        failures=[FailedView(origin=one.origin, code=one.code, tries=one.tries) for one in found.failures],
        waiting=found.now.waiting,
        oldest_waiting_seconds=int(found.now.oldest),
        quarantined=found.now.quarantined,
    )
