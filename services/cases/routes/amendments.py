"""What a sender does about a referral that it has sent, handed over by ``exchange``."""

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request, Response

from services.cases.model.problems import (
    ReferralInvalid,
    ReferralVersionExists,
    ReferralVersionUnexpected,
    ReferralWithdrawn,
)
from services.cases.model.referral import Incoming
from services.cases.model.states import public_status, state_name
from services.cases.routes.intake import Reference, checked_reference
from services.cases.schemas.referral import IntakeIn, TakenView, WithdrawalIn
from services.kit.access import permit
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.openapi import problems
from services.kit.policy import Decision, Permit
from services.kit.problem import NotFound, Overloaded, UpstreamUnavailable
from services.kit.web import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.correcting import Correcting
    from services.cases.actions.withdrawing import Withdrawing
    from services.cases.store.referrals import Stored

router = ServiceRouter(tags=["intake"])


@router.put(
    "/intake/{reference}/correction",
    summary="Correct a referral, as its sender asks",
    response_model=TakenView,
    responses=problems(
        NotFound,
        ReferralInvalid,
        ReferralVersionExists,
        ReferralVersionUnexpected,
        ReferralWithdrawn,
        UpstreamUnavailable,
        Overloaded,
    ),
)
async def correct_referral(
    request: Request,
    reference: Reference,
    body: IntakeIn,
    allowed: Annotated[Permit, Depends(permit("correct_referral"))],
) -> Response:
    """Takes the next version of a referral once; it takes the place of the earlier one, which is kept."""
    correcting: Correcting = request.app.state.correcting
    sender = body.sender.facts()
    known = checked_reference(reference, "path:reference")
    incoming = Incoming(known, sender, body.canonical(), body.facts())

    async def answer(work: Work, stored: "Stored", decision: Decision) -> Response:
        return _became(work, stored, decision)

    return await correcting.correct(allowed, request.state.request_id, incoming, sender, answer)


@router.put(
    "/intake/{reference}/withdrawal",
    summary="Withdraw a referral, as its sender asks",
    response_model=TakenView,
    responses=problems(NotFound, ReferralVersionUnexpected),
)
async def withdraw_referral(
    request: Request,
    reference: Reference,
    body: WithdrawalIn,
    work: Annotated[Work, Depends(unit_of_work("withdraw_referral"), scope="function")],
) -> Response:
    """Ends a referral that nobody has decided on; after a decision it is noted, and the decision stands."""
    withdrawing: Withdrawing = request.app.state.withdrawing
    known = checked_reference(reference, "path:reference")
    stored, decision = await withdrawing.withdraw(work, known, body.facts())
    return _became(work, stored, decision)


def _became(work: Work, stored: "Stored", decision: Decision) -> Response:
    view = TakenView(
        reference=stored.head.reference,
        status=public_status(state_name(stored.state)),
        band=stored.band,
    )
    return disclose(
        work, view, decisions=decision, objects=[stored.head.id], action="disclose", client=stored.head.sender
    )
