"""Messages in and out, for those who keep the exchange running; no personal data."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.exchange.actions import messages
from services.exchange.model.problems import MessageNotKept, MessageUnreadable, NotPutAside
from services.exchange.schemas.messages import (
    REASON_PATTERN,
    MessageDetailView,
    MessagePage,
    MessageState,
    MessageView,
    ReasonView,
    RedriveIn,
    RedriveOut,
    SkipIn,
    TryView,
)
from services.exchange.store.messages import Tried
from services.exchange.store.search import Filter, Message
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose, disclose_document
from services.kit.fields import Instant
from services.kit.idempotency import Once, idempotency_key
from services.kit.ids import REFERENCE_PATTERN
from services.kit.openapi import problems
from services.kit.paging import Limit
from services.kit.problem import NotFound
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.exchange.actions.originals import Originals

router = ServiceRouter(tags=["messages"])

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
#: A browser that is shown it keeps it as a file and runs nothing of it.
_AS_A_FILE: Final = {
    "Cache-Control": "no-store",
    "Content-Disposition": "attachment",
    "Content-Security-Policy": "sandbox; default-src 'none'",
}

Direction = Annotated[Literal["in", "out"] | None, Query(description="Only incoming, or only outgoing ones.")]
OnlyState = Annotated[MessageState | None, Query(alias="state", description="Only in this state.")]
Partner = Annotated[
    str | None,
    Query(max_length=255, description="Only of this X-Road client, e.g. ee-dev/GOV/70008747/polis."),
]
Sought = Annotated[
    str | None,
    Query(
        alias="id",
        min_length=1,
        max_length=255,
        description="Only with this id: ours, the client's X-Road message id, or the X-Road request id.",
    ),
]
Reason = Annotated[
    str | None, Query(pattern=REASON_PATTERN, max_length=60, description="Only with this reason's code.")
]
Since = Annotated[Instant | None, Query(alias="from", description="Only from this time on.")]
Until = Annotated[Instant | None, Query(alias="to", description="Only before this time.")]
Reference = Annotated[str | None, Query(pattern=REFERENCE_PATTERN, description="Only about this referral.")]
Cursor = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9]{1,16}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="`next` of the page before; without it, the first page.",
    ),
]


@router.get("/messages", summary="List messages", response_model=MessagePage)
async def list_messages(  # noqa: PLR0913, PLR0917 - what a list can be asked
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_messages"), scope="function")],
    limit: Limit = 50,
    cursor: Cursor = None,
    direction: Direction = None,
    state: OnlyState = None,
    partner: Partner = None,
    reference: Reference = None,
    sought: Sought = None,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
) -> Response:
    """Messages in and out, the newest first: where each stands, and why it waits."""
    wanted = Filter(direction, state, partner, reference, sought, reason, since, until)
    found = await messages.page(work, wanted, _place(cursor), limit)
    items = [MessageView(**_words(request, one)) for one in found.items]
    page = MessagePage(items=items, next=_cursor(found.items[-1]) if found.more else None)
    return disclose(work, page, decisions=work.permit.on({}), objects=[one.id for one in found.items])


@router.get(
    "/messages/{message_id}",
    summary="Read a message",
    response_model=MessageDetailView,
    responses=problems(NotFound),
)
async def get_message(
    request: Request,
    message_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_message"), scope="function")],
) -> Response:
    """Where a message stands, and its last tries."""
    return await _shown(request, work, message_id)


@router.get(
    "/messages/{message_id}/raw",
    summary="Read a message as it came or went",
    response_class=Response,
    responses={
        200: {
            "content": {"*/*": {"example": "<soapenv:Envelope>…</soapenv:Envelope>"}},
            "description": "The bytes, of the content type as it was.",
        },
        **problems(NotFound, MessageNotKept, MessageUnreadable),
    },
)
async def get_raw_message(
    request: Request,
    message_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_raw_message"), scope="function")],
) -> Response:
    """For auditors alone, for accountability: everything that was said, as it was said."""
    opener: Originals = request.app.state.originals
    original = await opener.one(work, message_id)
    decision = work.permit.on({})
    return disclose_document(
        work,
        original.body,
        original.content_type,
        fields=decision.fields,
        decisions=decision,
        objects=[message_id],
        headers=_AS_A_FILE | {"Content-Type": original.content_type},
    )


@router.post(
    "/messages/redrive",
    summary="Have messages that were put aside sent again",
    response_model=RedriveOut,
)
async def redrive_messages(
    told: RedriveIn,
    work: Annotated[Work, Depends(unit_of_work("redrive_messages"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """Tries those that match again, the oldest first, each in its place; a dry run counts them."""
    earlier = await once.earlier(work)
    if earlier is None:
        wanted = Filter(
            direction=told.direction,
            partner=told.partner,
            reference=told.reference,
            reason=told.reason,
            since=told.since,
            until=told.until,
        )
        done = await messages.redrive_many(work, wanted, most=told.most, dry_run=told.dry_run)
        await once.remember(work, 200, f"{done.matching}/{done.redriven}")
    else:
        matching, _, redriven = earlier.reference.partition("/")
        done = messages.Redriven(int(matching), int(redriven))
    out = RedriveOut(dry_run=told.dry_run, matching=done.matching, redriven=done.redriven)
    return disclose(work, out, decisions=work.permit.on({}), objects=[])


@router.post(
    "/messages/{message_id}/redrive",
    summary="Have a message sent again",
    response_model=MessageDetailView,
    responses=problems(NotFound, NotPutAside),
)
async def redrive_message(
    request: Request,
    message_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("redrive_message"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """Tries a message that was put aside again: under its id, with its bytes, before those behind it."""
    if await once.earlier(work) is None:
        await messages.redrive(work, message_id)
        await once.remember(work, 200, message_id)
    return await _shown(request, work, message_id)


@router.post(
    "/messages/{message_id}/skip",
    summary="Give up a message",
    response_model=MessageDetailView,
    responses=problems(NotFound, NotPutAside),
)
async def skip_message(
    request: Request,
    message_id: UUID,
    told: SkipIn,
    work: Annotated[Work, Depends(unit_of_work("skip_message"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """Never sends an outgoing message that was put aside, so that those behind it go on."""
    if await once.earlier(work) is None:
        await messages.skip(work, message_id, told.reason)
        await once.remember(work, 200, message_id)
    return await _shown(request, work, message_id)


async def _shown(request: Request, work: Work, message_id: UUID) -> Response:
    message, tries = await messages.one(work, message_id)
    view = MessageDetailView(**_words(request, message), history=_history(tries))
    return disclose(work, view, decisions=work.permit.on({}), objects=[message_id])


def _words(request: Request, message: Message) -> dict[str, Any]:
    words = {name: getattr(message, name) for name in message.__slots__}
    words["next_try_at"] = words.pop("due_at")
    if message.reason is not None:
        words["reason"] = reason_view(request, message.reason)
    return words


def reason_view(request: Request, code: str) -> ReasonView:
    """A reason in words; its code alone where the words lack."""
    reasons: Mapping[str, Mapping[str, str]] = request.app.state.reasons
    return ReasonView(code=code, **(reasons.get(code) or dict.fromkeys(("et", "ru", "en"), code)))


def _history(tries: Sequence[Tried]) -> list[TryView]:
    return [TryView(**{name: getattr(one, name) for name in one.__slots__}) for one in tries]


def _cursor(message: Message) -> str:
    return f"{(message.at - _EPOCH) // _MICROSECOND}.{message.id}"


def _place(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    moment, _, row_id = cursor.partition(".")
    return _EPOCH + int(moment) * _MICROSECOND, UUID(row_id)
