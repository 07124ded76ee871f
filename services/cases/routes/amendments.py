"""What a sender does about a referral that it has sent, handed over by ``exchange``."""

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request, Response

from services.cases.model.problems import ReferralVersionUnexpected
from services.cases.model.states import public_status, state_name
from services.cases.routes.intake import Reference, checked_reference
from services.cases.schemas.referral import TakenView, WithdrawalIn
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.openapi import problems
from services.kit.policy import Decision
from services.kit.problem import NotFound
from services.kit.web import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.withdrawing import Withdrawing
    from services.cases.store.referrals import Stored

router = ServiceRouter(tags=["intake"])


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
