"""The event feed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from services.cases.model.problems import EpochEnded
from services.cases.schemas.events import BY_TYPE, MEDIA_TYPE, SOURCE, AnyEvent, Envelope
from services.cases.store.events import Told
from services.kit.access import permit
from services.kit.db import Work
from services.kit.disclose import disclose
from services.kit.openapi import problems
from services.kit.policy import Permit
from services.kit.sequencer import Cursor
from services.kit.web import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.events import Feed

router = ServiceRouter(tags=["events"])


class Batch(JSONResponse):
    """CloudEvents in a JSON array."""

    media_type = MEDIA_TYPE


After = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9a-f]{12}\.(0|[1-9][0-9]{0,17})$",
        description="The `sequence` of the last event that was read; without it, from the first.",
        examples=["3f1c9a7be210.41"],
    ),
]
Limit = Annotated[int, Query(ge=1, le=500, description="Events at the most.")]
Wait = Annotated[int, Query(ge=0, le=20, description="Seconds to wait for an event when there is none.")]


@router.get(
    "/events",
    summary="List events",
    response_model=list[AnyEvent],
    response_class=Batch,
    response_description="In the order of the feed",
    responses=problems(EpochEnded),
)
async def list_events(
    request: Request,
    allowed: Annotated[Permit, Depends(permit("list_events"))],
    after: After = None,
    limit: Limit = 100,
    wait: Wait = 0,
) -> Response:
    """What happened after a cursor; 410 for a cursor of another epoch: then read again from the first."""

    async def answer(work: Work, epoch: str, found: Sequence[Told]) -> Response:
        return disclose(
            work,
            [_view(epoch, told) for told in found],
            decisions=work.permit.on({}),
            objects=[*dict.fromkeys(_about(told) for told in found)],
            media_type=MEDIA_TYPE,
            action="disclose",
        )

    feed = cast("Feed", request.app.state.feed)
    return await feed.after(
        allowed,
        request.state.request_id,
        cursor=Cursor.parse(after) if after else None,
        most=limit,
        wait=wait,
        answer=answer,
    )


def _about(told: Told) -> str:
    """What an event is about: its referral, or the case that went a step."""
    data = told.event.data
    return str(data["referralId"] if "referralId" in data else data["caseId"])


def _view(epoch: str, told: Told) -> Envelope:
    event = told.event
    return BY_TYPE[event.type].model_validate(
        {
            "specversion": "1.0",
            "id": event.id,
            "source": SOURCE,
            "type": event.type.value,
            "subject": event.stream,
            "time": event.occurred_at,
            "sequence": str(Cursor(epoch, told.position)),
            "streamversion": event.stream_version,
            "datacontenttype": "application/json",
            "data": event.data,
        }
    )
