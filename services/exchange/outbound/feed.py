"""What we ask of the case register for partners: its events, and what to tell of one.

``RELIES_ON`` lists what we rely on; a test looks it up in the provider's committed document.
"""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from services.exchange.model.feed import (
    Batch,
    ChildNumber,
    EpochEnded,
    Erased,
    Event,
    NoticeRefused,
    NoticeStopped,
    ResidenceUnknown,
    UsageDecided,
)
from services.exchange.model.inbox import Status
from services.exchange.model.outbox import ChildNotice, Notice
from services.exchange.model.xroad import ClientId
from services.kit import log
from services.kit.client import Response, ServiceClient
from services.kit.fields import Day, Instant, Name
from services.kit.ids import REFERENCE_PATTERN
from services.kit.policy import Caller
from services.kit.problem import UpstreamUnavailable, UpstreamWrong
from services.kit.sequencer import Cursor

PURPOSE: Final = "delivery"
MOST: Final = 500
EVENTS: Final = "/api/cases/v1/events"
NOTICES: Final = "/api/cases/v1/notices"
RELIES_ON: Final = {
    "cases": {
        "list_events": (
            "id",
            "type",
            "subject",
            "sequence",
            "data",
            "reference",
            "sender",
            "references",
            "subject",
            "state",
        ),
        "get_notice": ("kind", "recipient", "reference", "senderReference", "status", "occurredAt"),
        "get_child_notice": (
            *("kind", "number", "version", "reference", "municipality", "role", "referredOn", "occurredAt"),
            *("personalCode", "birthDate", "givenName", "familyName", "sex", "address"),
        ),
        "get_child_notices": ("items", "told", "refused", "status"),
    }
}
_CALLER: Final = Caller.system("worker:feed", "exchange")
_SENDER: Final = Caller.system("worker:delivery", "exchange")
_NOTICE_SECONDS: Final = 5.0
_SLACK: Final = 5.0  # seconds beyond the wait that we ask for
_ABOUT_REFERRALS: Final = "referral."
_ERASED: Final = "case.erased"
_USAGE: Final = "case.usage-decided"
_log = log.get_logger(__name__)
_OK: Final = 200
_CONFLICT: Final = 409
_GONE: Final = 410
_AUTHENTICATION: Final = frozenset({401, 403, 429})

Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=255)]
Reference = Annotated[str, StringConstraints(strict=True, pattern=REFERENCE_PATTERN)]
Place = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{12}\.(0|[1-9][0-9]{0,17})$")]


class _Tolerant(BaseModel):
    """A producer may add fields; we read those that we know."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class _Number(_Tolerant):
    number: UUID
    version: int = Field(strict=True, ge=1)


class _Data(_Tolerant):
    reference: Reference
    sender: Text | None
    notices: list[_Number] = Field(default_factory=list)


class _ErasedData(_Tolerant):
    references: list[Reference] = Field(min_length=1)


class _UsageData(_Tolerant):
    subject: Annotated[str, StringConstraints(strict=True, pattern="^[0-9a-f]{64}$")]
    case_handle: Annotated[str, StringConstraints(strict=True, pattern="^[0-9a-f]{32}$")] = Field(
        alias="caseHandle"
    )
    state: Literal["withheld", "released"]
    decided_at: Instant = Field(alias="decidedAt")


class _Event(_Tolerant):
    id: UUID
    type: Text
    subject: UUID
    sequence: Place
    data: dict[str, Any]


class _Notice(_Tolerant):
    kind: Literal["caseNotice"]
    recipient: Text
    reference: Reference
    sender_reference: Text = Field(alias="senderReference")
    status: Status
    occurred_at: Instant = Field(alias="occurredAt")


class _ChildNotice(_Tolerant):
    kind: Literal["submitChildNotice"]
    number: UUID
    version: int = Field(strict=True, ge=1)
    reference: Reference
    municipality: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{4}$")]
    role: Literal["victim", "threatening-person", "child", "other"]
    referred_on: Day = Field(alias="referredOn")
    occurred_at: Instant = Field(alias="occurredAt")
    personal_code: Text | None = Field(alias="personalCode")
    birth_date: Day = Field(alias="birthDate")
    given_name: Name = Field(alias="givenName")
    family_name: Name = Field(alias="familyName")
    sex: Literal["female", "male", "other", "unknown"]
    address: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=400)] | None


class _NotTold(_Tolerant):
    status: int = Field(strict=True, ge=400, le=499)


class _ChildOutcome(_Tolerant):
    """One of the two is there."""

    told: _ChildNotice | None = None
    refused: _NotTold | None = None


class _ChildOutcomes(_Tolerant):
    items: list[_ChildOutcome]


#: What the register says of one child, if it can be asked and answers as agreed.
ToldOfChild: TypeAlias = (
    ChildNotice | NoticeStopped | ResidenceUnknown | NoticeRefused | UpstreamUnavailable | UpstreamWrong
)
_EVENTS: Final = TypeAdapter(list[_Event])


class CaseFeed:
    """The case register's feed and notices, asked by the worker that follows it."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def after(self, cursor: str | None, wait: int) -> Batch:
        """Up to 500 events after a cursor; waits up to ``wait`` seconds for the first.

        Raises EpochEnded, UpstreamUnavailable, and UpstreamWrong for what is not as agreed.
        """
        params: dict[str, str | int] = {"limit": MOST, "wait": wait}
        if cursor is not None:
            params["after"] = cursor
        answer = await self._ask(EVENTS, wait + _SLACK, params)
        if answer.status_code == _GONE:
            raise EpochEnded
        if answer.status_code != _OK:
            raise UpstreamWrong("the feed refuses us")
        return _batch(answer, cursor)

    async def notice(self, event_id: UUID) -> Notice | NoticeRefused:
        """What the partner is to be told of an event; raises UpstreamUnavailable, UpstreamWrong."""
        answer = _heard(await self._ask(f"{NOTICES}/{event_id}", _NOTICE_SECONDS, {}))
        if answer.status_code != _OK:
            return NoticeRefused(answer.status_code)
        try:
            told = _Notice.model_validate(answer.json())
            recipient = ClientId.parse(told.recipient)
        except ValueError as error:  # pydantic's is one as well
            raise UpstreamWrong("the notice is not as agreed") from error
        return Notice(recipient, told.reference, told.sender_reference, told.status, told.occurred_at)

    async def child_notices(self, asked: Sequence[tuple[UUID, ChildNumber]]) -> Sequence[ToldOfChild]:
        """What child protection is to be told of children; once read, a notice has left the register.

        When the register answers the call as a whole wrongly, each is asked for by itself, so that one that
        it cannot tell spoils no other. Raises nothing that the register does.
        """
        if len(asked) == 1:
            return [await self._child(*asked[0])]
        try:
            return await self._children(asked)
        except UpstreamUnavailable as problem:
            return [problem] * len(asked)
        except UpstreamWrong as problem:
            _log.warning("notices-asked-one-by-one", problem=problem.slug)
        return await asyncio.gather(*(self._child(event_id, about) for event_id, about in asked))

    async def _children(self, asked: Sequence[tuple[UUID, ChildNumber]]) -> Sequence[ToldOfChild]:
        items = [{"event": str(event_id), "number": str(about.number)} for event_id, about in asked]
        answer = await self._client.request(
            "POST",
            f"{NOTICES}/children",
            act_for=_SENDER,
            purpose=PURPOSE,
            json={"items": items},
            timeout=_NOTICE_SECONDS,
        )
        if _heard(answer).status_code != _OK:
            raise UpstreamWrong("the case register refuses to tell of several children")
        try:
            outcomes = _ChildOutcomes.model_validate(answer.json()).items
        except ValueError as error:
            raise UpstreamWrong("the notices are not as agreed") from error
        if len(outcomes) != len(asked):
            raise UpstreamWrong("the case register tells of more or fewer children than asked")
        return [
            _not_told(one.refused.status) if one.refused else _told_of(one.told, about)
            for one, (_, about) in zip(outcomes, asked, strict=True)
        ]

    async def _child(self, event_id: UUID, about: ChildNumber) -> ToldOfChild:
        path = f"{NOTICES}/{event_id}/children/{about.number}"
        try:
            answer = _heard(await self._ask(path, _NOTICE_SECONDS, {}, caller=_SENDER))
            told = _child_notice(answer) if answer.status_code == _OK else None
        except (UpstreamUnavailable, UpstreamWrong) as problem:
            return problem
        return _not_told(answer.status_code) if told is None else _told_of(told, about)

    async def _ask(
        self, path: str, seconds: float, params: dict[str, str | int], *, caller: Caller = _CALLER
    ) -> Response:
        return await self._client.request(
            "GET", path, act_for=caller, purpose=PURPOSE, params=params, timeout=seconds
        )


def _heard(answer: Response) -> Response:
    """The answer; UpstreamUnavailable when it says that we may not ask, now."""
    if answer.status_code in _AUTHENTICATION:
        raise UpstreamUnavailable("the case register does not take our token now")
    return answer


def _child_notice(answer: Response) -> _ChildNotice:
    try:
        return _ChildNotice.model_validate(answer.json())
    except ValueError as error:
        raise UpstreamWrong("the notice is not as agreed") from error


def _not_told(status: int) -> NoticeStopped | ResidenceUnknown | NoticeRefused:
    if status == _GONE:
        return NoticeStopped()
    return ResidenceUnknown() if status == _CONFLICT else NoticeRefused(status)


def _told_of(told: _ChildNotice | None, about: ChildNumber) -> ChildNotice | UpstreamWrong:
    if told is None or (told.number, told.version) != (about.number, about.version):
        return UpstreamWrong("the notice is another one")
    return ChildNotice(**{name: getattr(told, name) for name in ChildNotice.__slots__})


def _batch(answer: Response, cursor: str | None) -> Batch:
    try:
        told = _EVENTS.validate_python(answer.json())
    except ValidationError as error:
        raise UpstreamWrong("an event of the feed is not as agreed") from error
    places = ([] if cursor is None else [Cursor.parse(cursor)]) + [Cursor.parse(e.sequence) for e in told]
    for one, following in pairwise(places):
        if one.epoch != following.epoch or one.position >= following.position:
            raise UpstreamWrong("the events of the feed are not in order")
    try:
        found = tuple(_event(one) for one in told if _is_ours(one))
    except ValidationError as error:
        raise UpstreamWrong("an event of the feed is not as agreed") from error
    return Batch(found, told[-1].sequence if told else cursor)


def _is_ours(told: _Event) -> bool:
    return told.type in {_ERASED, _USAGE} or told.type.startswith(_ABOUT_REFERRALS)


def _event(told: _Event) -> Event | Erased | UsageDecided:
    if told.type == _USAGE:
        said = _UsageData.model_validate(told.data)
        subject, released = bytes.fromhex(said.subject), said.state == "released"
        return UsageDecided(told.id, told.sequence, subject, said.case_handle, released, said.decided_at)
    if told.type == _ERASED:
        references = _ErasedData.model_validate(told.data).references
        return Erased(told.id, told.sequence, tuple(references))
    data = _Data.model_validate(told.data)
    children = tuple(ChildNumber(one.number, one.version) for one in data.notices)
    return Event(told.id, told.type, told.subject, told.sequence, data.reference, data.sender, children)
