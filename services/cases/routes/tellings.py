"""Who was told of a referral, for who answers for it."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.actions import tellings
from services.cases.schemas.tellings import TellingsView
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.openapi import problems
from services.kit.problem import NotFound
from services.kit.strictroute import ServiceRouter

router = ServiceRouter(tags=["referrals and cases"])


@router.get(
    "/referrals/{referral_id}/tellings",
    summary="List who was told of a referral",
    response_model=TellingsView,
    responses=problems(NotFound),
)
async def list_tellings(
    request: Request,
    referral_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_tellings"), scope="function")],
) -> Response:
    """Notices to the sender, to child protection and to the police, and shares of its case; no content."""
    found = await tellings.of_referral(work, referral_id, request.app.state.catalog)
    return disclose(work, TellingsView.of(found.items), decisions=found.decision, objects=found.objects)
