"""Where the caller is told that something waits."""

from typing import Annotated

from fastapi import Depends, Request, Response

from services.cases.schemas.addresses import AddressIn, AddressView
from services.cases.store import notifications
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.openapi import problems
from services.kit.problem import NotFound
from services.kit.strictroute import ServiceRouter

router = ServiceRouter(tags=["members"])


@router.get("/me/address", summary="Read where I am written to", response_model=AddressView)
async def get_my_address(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("get_my_address"), scope="function")],
) -> Response:
    """The caller's own address for messages without content; nobody else's can be read."""
    return await _mine(request, work)


@router.put(
    "/me/address",
    summary="Say where I am written to",
    response_model=AddressView,
    responses=problems(NotFound),
)
async def set_my_address(
    request: Request,
    address: AddressIn,
    work: Annotated[Work, Depends(unit_of_work("set_my_address"), scope="function")],
) -> Response:
    """An address at work: there it is told that something waits, how much and where, never what."""
    if not await notifications.write(work, request.app.state.ring, address.address()):
        raise NotFound
    work.audit("update", [work.permit.caller.subject], ["technical"])
    return await _mine(request, work)


async def _mine(request: Request, work: Work) -> Response:
    address = await notifications.mine(work, request.app.state.ring)
    decision = work.permit.on({})
    return disclose(work, AddressView.of(address), decisions=decision, objects=[work.permit.caller.subject])
