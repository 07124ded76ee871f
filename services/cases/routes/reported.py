"""New incidents come in from ``exchange``, as agencies report them over X-Road."""

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request, Response

from services.cases.model.reported_problems import IncidentExists, IncidentInvalid
from services.cases.routes.intake import Reference, checked_reference
from services.cases.schemas.reported import ReportedIncidentIn, ReportedIncidentView
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.openapi import problems
from services.kit.problem import Overloaded
from services.kit.web import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.reported import Reported

router = ServiceRouter(tags=["intake"])


@router.put(
    "/intake/incidents/{reference}",
    summary="Take the report of an incident",
    response_model=ReportedIncidentView,
    responses=problems(IncidentInvalid, IncidentExists, Overloaded),
)
async def take_incident(
    request: Request,
    reference: Reference,
    body: ReportedIncidentIn,
    work: Annotated[Work, Depends(unit_of_work("take_incident"), scope="function")],
) -> Response:
    """Takes a report once; the answer does not say whether the people are known."""
    reported: Reported = request.app.state.reported
    known = await reported.take(work, body.report(checked_reference(reference, "path:reference")))
    return disclose(
        work,
        ReportedIncidentView(reference=known),
        decisions=work.permit.on({}),
        objects=[known],
        action="disclose",
        client=body.sender.client,
    )
