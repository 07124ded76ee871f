"""REST: what partners do in the case work."""

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from services.exchange.model.case_problems import IncidentExists, IncidentInvalid
from services.exchange.model.inbox import ONLY_VERSION, Submission
from services.exchange.model.offered import REPORT
from services.exchange.model.problems import MessageIdReused
from services.exchange.routes import xroad
from services.exchange.routes.rest import HEADERS, PREFIX, REFUSALS, Admitted, written
from services.exchange.schemas.incidents import IncidentIn, IncidentReceiptOut
from services.kit import openapi
from services.kit.policy import Permit
from services.kit.web import ServiceRouter

if TYPE_CHECKING:
    from services.exchange.model.xroad import Headers

router = ServiceRouter(prefix=PREFIX)


@router.post(
    "/incidents",
    summary="Report a new incident",
    response_model=IncidentReceiptOut,
    responses=openapi.problems(*REFUSALS, IncidentInvalid, IncidentExists, MessageIdReused),
    openapi_extra=HEADERS,
)
async def report_incident(
    request: Request,
    permit: Annotated[Permit, Depends(Admitted(REPORT), scope="function")],
    incident: IncidentIn,
) -> Response:
    """Keeps the report; the answer does not say whether the people are known to the network."""
    door = xroad.of(request)
    headers: Headers = request.state.xroad
    submission = Submission(
        headers.id,
        incident.sender_reference,
        ONLY_VERSION,
        request.state.message,
        incident.content(),
        headers.request_id,
        operation=REPORT,
    )
    async with door.gate.place(permit.caller.subject):
        receipt = await door.incidents.report(permit, submission, incident, request.state.request_id)
    return written(IncidentReceiptOut.of(receipt))
