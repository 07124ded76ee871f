"""What partners are told."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.actions.notices import notice_of
from services.cases.schemas.referral import NoticeView
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.openapi import problems
from services.kit.problem import NotFound
from services.kit.web import ServiceRouter

router = ServiceRouter(tags=["notices"])


@router.get(
    "/notices/{event_id}",
    summary="Read a notice",
    response_model=NoticeView,
    responses=problems(NotFound),
)
async def get_notice(
    request: Request,
    event_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_notice"), scope="function")],
) -> Response:
    """What the sender of a referral is told of an event: the published fields, nothing else."""
    notice = await notice_of(work, event_id, request.app.state.catalog)
    return disclose(
        work,
        NoticeView.model_validate(notice.fields),
        decisions=notice.decision,
        objects=[notice.referral],
        action="disclose",
        client=notice.recipient,
    )
