"""The feed of disclosures, for the Data Tracker."""

from typing import Annotated

from fastapi import Depends, Response

from services.cases.actions import disclosures
from services.cases.model.problems import EpochEnded
from services.cases.routes.events import After, Limit
from services.cases.schemas.disclosures import DisclosureView
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.openapi import problems
from services.kit.sequencer import Cursor
from services.kit.web import ServiceRouter

router = ServiceRouter(tags=["disclosures"])


@router.get(
    "/disclosures",
    summary="List disclosures",
    response_model=list[DisclosureView],
    response_description="In the order of the feed",
    responses=problems(EpochEnded),
)
async def list_disclosures(
    work: Annotated[Work, Depends(unit_of_work("list_disclosures"), scope="function")],
    after: After = None,
    limit: Limit = 100,
) -> Response:
    """What was disclosed after a cursor; 410 for a cursor of another epoch: then read again from zero."""
    epoch, found = await disclosures.after(work, Cursor.parse(after) if after else None, limit)
    return disclose(
        work,
        [DisclosureView.of(epoch, told) for told in found],
        decisions=work.permit.on({}),
        objects=[told.disclosure.id for told in found],
        action="disclose",
    )
