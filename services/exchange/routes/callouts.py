"""What the case register asks of the police through us."""

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request, Response

from services.exchange.model.problems import CallOutsRefused
from services.exchange.schemas.callouts import CallOutsIn, CallOutsView
from services.kit.access import permit
from services.kit.disclose import disclose
from services.kit.openapi import problems
from services.kit.policy import Permit
from services.kit.problem import UpstreamUnavailable
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.exchange.actions.callouts import CallOutDesk
    from services.kit.db import Database

router = ServiceRouter(tags=["call-outs"])


@router.post(
    "/callouts",
    summary="Ask the police about call-outs",
    response_model=CallOutsView,
    responses=problems(CallOutsRefused, UpstreamUnavailable),
)
async def ask_call_outs(
    request: Request,
    asked: CallOutsIn,
    allowed: Annotated[Permit, Depends(permit("ask_call_outs"))],
) -> Response:
    """Days of domestic-violence call-outs about a victim and a threatening person; asked anew each time."""
    desk: CallOutDesk = request.app.state.callouts
    found = await desk.ask(allowed, request.state.request_id, asked.question())
    database: Database = request.app.state.database
    async with database.work(allowed, request.state.request_id) as work:
        return disclose(
            work,
            CallOutsView.of(found.callouts),
            decisions=allowed.on({}),
            objects=[found.message],
            action="disclose",
        )
