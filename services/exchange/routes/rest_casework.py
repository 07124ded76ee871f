"""REST: what partners do in the case work."""

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from services.exchange.actions.casework import about
from services.exchange.model.case_problems import (
    AnswerInvalid,
    AnswerOvertaken,
    AnswerSettled,
    IncidentExists,
    IncidentInvalid,
    NotAsked,
)
from services.exchange.model.casework import ActionList, ActionQuestion, ActionState, Settled
from services.exchange.model.inbox import ONLY_VERSION, Submission
from services.exchange.model.offered import ACTION, ACTIONS, REPORT, RESEARCH
from services.exchange.model.problems import MessageIdReused
from services.exchange.routes import xroad
from services.exchange.routes.rest import HEADERS, HEADERS_NAMED, PREFIX, REFUSALS, Admitted, written
from services.exchange.rules import casework as rules
from services.exchange.schemas.casework import (
    ActionListOut,
    ActionReportIn,
    ActionReportOut,
    PageCursor,
    ResearchIn,
    ResearchOut,
)
from services.exchange.schemas.incidents import IncidentIn, IncidentReceiptOut
from services.kit import openapi
from services.kit.db import Work
from services.kit.disclose import disclose
from services.kit.policy import Decision, Permit
from services.kit.web import ServiceRouter

if TYPE_CHECKING:
    from services.exchange.model.xroad import Headers

router = ServiceRouter(prefix=PREFIX)
_ANSWERS = (NotAsked, AnswerInvalid, AnswerOvertaken, AnswerSettled, MessageIdReused)


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


@router.post(
    "/research",
    summary="Answer what an agency knows",
    response_model=ResearchOut,
    responses=openapi.problems(*REFUSALS, *_ANSWERS),
    openapi_extra=HEADERS_NAMED,
)
async def submit_research(
    request: Request,
    permit: Annotated[Permit, Depends(Admitted(RESEARCH), scope="function")],
    told: ResearchIn,
) -> Response:
    """In answer to a question that the client's agency was asked; what was told before stays told."""
    door = xroad.of(request)
    headers: Headers = request.state.xroad
    client = permit.caller.subject

    def answer(work: Work, settled: Settled, decision: Decision) -> Response:
        view = ResearchOut.of(settled)
        return disclose(
            work, view, decisions=decision, objects=about(settled), action="disclose", client=client
        )

    async with door.gate.place(client):
        return await door.agency_work.research(
            permit, headers.id, told.answer(), request.state.request_id, answer
        )


@router.get(
    "/actions",
    summary="List the actions of an agency",
    response_model=ActionListOut,
    responses=openapi.problems(*REFUSALS, NotAsked, AnswerInvalid),
    openapi_extra=HEADERS_NAMED,
)
async def list_actions(
    request: Request,
    permit: Annotated[Permit, Depends(Admitted(ACTIONS), scope="function")],
    state: Annotated[ActionState | None, Query(description="Only what stands so.")] = None,
    cursor: Annotated[PageCursor | None, Query(description="The next of the page before.")] = None,
) -> Response:
    """Those that the client's agency has, what is due first first."""
    door = xroad.of(request)
    client = permit.caller.subject

    def answer(work: Work, found: ActionList, decision: Decision) -> Response:
        view = ActionListOut.of(found)
        return disclose(
            work, view, decisions=decision, objects=about(found), action="disclose", client=client
        )

    async with door.gate.place(client):
        asked = ActionQuestion(state, cursor)
        return await door.agency_work.actions(permit, asked, request.state.request_id, answer)


@router.post(
    "/actions",
    summary="Report an action",
    response_model=ActionReportOut,
    responses=openapi.problems(*REFUSALS, *_ANSWERS),
    openapi_extra=HEADERS_NAMED,
)
async def report_action(
    request: Request,
    permit: Annotated[Permit, Depends(Admitted(ACTION), scope="function")],
    told: ActionReportIn,
) -> Response:
    """What became of an action that the client's agency has; by the version nothing newer is missed."""
    door = xroad.of(request)
    headers: Headers = request.state.xroad
    client, report = permit.caller.subject, told.report()
    rules.check(report)

    def answer(work: Work, settled: Settled, decision: Decision) -> Response:
        view = ActionReportOut.of(settled)
        return disclose(
            work, view, decisions=decision, objects=about(settled), action="disclose", client=client
        )

    async with door.gate.place(client):
        return await door.agency_work.report(permit, headers.id, report, request.state.request_id, answer)
