"""The Data Tracker (Andmejälgija): its three questions over X-Road REST, service code ``findUsage``.

Its protocol has one status for whatever is wrong with a question: 400.
"""

from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from services.exchange.actions.record import DONE
from services.exchange.model.offered import FIND_USAGE, HEARTBEAT, USAGE_PERIOD
from services.exchange.model.record import Record
from services.exchange.model.usage import UsagePage
from services.exchange.routes import xroad
from services.exchange.routes.rest import Admitted
from services.exchange.schemas.usage import FailingOut, HeartbeatOut, UsagePeriodOut, UsagesOut
from services.exchange.wire import usage
from services.kit.answer import problem_answer
from services.kit.db import Work
from services.kit.disclose import disclose
from services.kit.policy import Decision, Permit
from services.kit.problem import Kind, Problem
from services.kit.web import ServiceRouter

PREFIX: Final = "/xroad/rest/findUsage/v2"
router = ServiceRouter(prefix=PREFIX)
_BAD_REQUEST: Final = 400
_AWAY: Final = "Andmekogu ei ole praegu kättesaadav / The register cannot be reached now"


def problem(what: Problem, request_id: str) -> Response:
    """The answer to whatever goes wrong under this prefix."""
    status = _BAD_REQUEST if what.kind is Kind.MALFORMED else what.status
    return problem_answer(what, request_id, "et", status)


@router.get("/findUsage")
async def find_usage(
    request: Request, permit: Annotated[Permit, Depends(Admitted(FIND_USAGE), scope="function")]
) -> Response:
    """To whom data about a person went, as far as the person may be shown it."""
    tracker = xroad.of(request).tracker
    asked = usage.question(request.scope["query_string"], request.state.xroad.user_id, tracker.terms.rest)

    def answer(work: Work, page: UsagePage, decision: Decision) -> Response:
        return disclose(
            work,
            UsagesOut.of(page),
            decisions=decision,
            objects=[asked.subject, asked.asker],
            action="disclose",
            client=permit.caller.subject,
        )

    async with xroad.of(request).gate.place(permit.caller.subject):
        return await tracker.find(permit, asked, request.state.request_id, answer)


@router.get("/usagePeriod")
async def get_usage_period(
    request: Request, permit: Annotated[Permit, Depends(Admitted(USAGE_PERIOD), scope="function")]
) -> Response:
    """Since when there are records."""
    tracker = xroad.of(request).tracker
    told = UsagePeriodOut(period_start=tracker.terms.recorded_from)

    def answer(work: Work, decision: Decision) -> Response:
        client = permit.caller.subject
        return disclose(work, told, decisions=decision, objects=[], action="disclose", client=client)

    return await tracker.period(permit, request.state.request_id, answer)


@router.get("/heartbeat")
async def check_tracker(
    request: Request, permit: Annotated[Permit, Depends(Admitted(HEARTBEAT), scope="function")]
) -> Response:
    """Whether we can answer: FAIL when nothing can be read or written."""
    client = permit.caller.subject
    record = Record.of(
        request.state.message, what="answered", partner=client, operation=HEARTBEAT, result=DONE
    )
    alive = await xroad.of(request).tracker.alive(permit, record, request.state.request_id)
    told = HeartbeatOut(status="OK") if alive else FailingOut(status="FAIL", message=_AWAY)
    return Response(told.model_dump_json(by_alias=True), media_type="application/json")
