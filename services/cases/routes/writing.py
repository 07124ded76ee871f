"""What people write: a referral of their own, and what they decide about one."""

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
from services.kit.idempotency import Once, idempotency_key
from services.kit.ids import derived_reference, new_reference
from services.kit.openapi import problems
from services.kit.policy import Decision, Permit
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
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
    responses=problems(ReferralInvalid, ReferralVersionExists),
)
async def enter_referral(
    request: Request,
    referral: ReferralIn,
    allowed: Annotated[Permit, Depends(permit("enter_referral"))],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """A person enters a referral; the same Idempotency-Key gives the same referral, for ever.

    The reference follows from caller and key, so two attempts at the same moment make one referral, too; the
    same key with another content is answered ``referral-version-exists``.
    """
    state = request.app.state
    intake: Intake = state.intake
    reference = _reference(state.index, allowed.caller.subject, once.key)
    incoming = Incoming(reference, None, referral.canonical(), referral.facts())

    async def answer(work: Work, taken: "Taken", _: Decision) -> Response:
        shown = await reading.get_referral(work, state.ring, taken.id)
        return disclose(
            work,
            shown.view,
            decisions=shown.decisions[0],
            objects=shown.objects,
            status=201 if taken.first else 200,
            headers={**etag(shown.version or 1), "Location": f"/api/cases/v1/referrals/{taken.id}"},
        )

    return await intake.take(allowed, request.state.request_id, incoming, answer)


def _reference(index: "BlindIndex", subject: str, key: str | None) -> str:
    if key is None:
        return new_reference()
    return derived_reference(index.of("entered-referral", f"{len(subject)}:{subject}{key}"))


@router.post(
    "/referrals/{referral_id}/screening",
    summary="Screen a referral",
    response_model=ReferralView,
    responses=problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired),
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
    state = request.app.state
    screener: Screener = state.screener
    if await once.earlier(work) is None:
        await screener.screen(work, referral_id, screening.as_screening(), expected_version(if_match))
        await once.remember(work, 200, referral_id)
    shown = await reading.get_referral(work, state.ring, referral_id)
    return disclose(
        work,
        shown.view,
        decisions=shown.decisions[0],
        objects=shown.objects,
        headers=etag(shown.version or 1),
    )
