"""What people write: a referral of their own, and what they decide about one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.actions import reading
from services.cases.model.problems import ReferralInvalid, ReferralVersionExists, TransitionRefused
from services.cases.model.referral import Incoming
from services.cases.schemas.referral import ReferralIn
from services.cases.schemas.screening import ScreeningIn
from services.cases.schemas.views import ReferralView
from services.kit.access import permit
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.ids import derived_reference, new_reference
from services.kit.openapi import problems
from services.kit.policy import Decision, Permit
from services.kit.problem import NotFound, Overloaded, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.intake import Intake, Taken
    from services.cases.actions.screening import Screener
    from services.kit.sealed import BlindIndex

router = ServiceRouter(tags=["referrals and cases"])


@router.post(
    "/referrals",
    summary="Enter a referral",
    status_code=201,
    response_model=ReferralView,
    responses=problems(NotFound, ReferralInvalid, IdempotencyKeyReused, Overloaded),
)
async def enter_referral(
    request: Request,
    referral: ReferralIn,
    allowed: Annotated[Permit, Depends(permit("enter_referral"))],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """A person enters a referral in the own region; another region is not found.

    The same Idempotency-Key gives the same referral, as it stands then. Its reference follows from caller and
    key, so two attempts at the same moment make one referral, too.
    """
    state = request.app.state
    intake: Intake = state.intake
    reference = _reference(state.index, allowed.caller.subject, once.key)
    incoming = Incoming(reference, None, referral.canonical(), referral.facts())

    async def answer(work: Work, taken: "Taken", _: Decision) -> Response:
        place = {"Location": f"/api/cases/v1/referrals/{taken.id}"}
        return await _whole(request, work, taken.id, status=201, headers=place)

    try:
        return await intake.take(allowed, request.state.request_id, incoming, answer)
    except ReferralVersionExists:  # nobody else has this reference
        raise IdempotencyKeyReused from None


def _reference(index: "BlindIndex", subject: str, key: str | None) -> str:
    if key is None:
        return new_reference()
    return derived_reference(index.of("entered-referral", f"{len(subject)}:{subject}{key}"))


@router.post(
    "/referrals/{referral_id}/screening",
    summary="Screen a referral",
    response_model=ReferralView,
    responses=problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def screen_referral(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    referral_id: UUID,
    screening: ScreeningIn,
    work: Annotated[Work, Depends(unit_of_work("screen_referral"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """Accepts (a case is made), declines or redirects a referral; its sender is told."""
    screener: Screener = request.app.state.screener
    if await once.earlier(work) is None:
        await screener.screen(work, referral_id, screening.as_screening(), expected_version(if_match))
        await once.remember(work, 200, referral_id)
    return await _whole(request, work, referral_id, status=200)


async def _whole(
    request: Request,
    work: Work,
    referral_id: UUID,
    *,
    status: int,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The referral as it stands now, within the transaction that wrote it."""
    shown = await reading.get_referral(work, request.app.state.ring, referral_id)
    view = ReferralView.of(shown.what)
    return disclose(
        work,
        view,
        decisions=shown.decisions[0],
        objects=shown.objects,
        status=status,
        headers={**etag(view.version), **(headers or {})},
    )
