"""What we ask of ``cases``: the events after a cursor, in our words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from services.indicators.model import (
    Accepted,
    CaseFact,
    Ended,
    News,
    Other,
    PersonFact,
    TransferFact,
    Transferred,
    Unlinked,
)
from services.kit.client import ServiceClient
from services.kit.fields import Day, Instant
from services.kit.policy import Caller
from services.kit.problem import UpstreamUnavailable, UpstreamWrong
from services.kit.sequencer import Cursor

#: What we rely on in the other's contract: operation → fields of its answer.
RELIES_ON: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "cases": {
        "list_events": (
            *("type", "subject", "time", "sequence", "streamversion", "data", "region", "referredOn"),
            *("status", "persons", "pseudonym", "role", "relationToVictim", "sex", "ageBand"),
            *("transferId", "fromRegion", "toRegion", "on"),
        ),
        "list_offices": ("items", "role", "region", "agency"),
    }
}
PATH: Final = "/api/cases/v1/events"
PURPOSE: Final = "statistics"
MOST: Final = 500
_SLACK: Final = 5.0  # seconds beyond the wait that we ask for
_OK: Final = 200
_GONE: Final = 410
_ACCEPTED: Final = "ACCEPTED"

Code = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9][a-z0-9+-]{0,40}$")]
Place = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{12}\.(0|[1-9][0-9]{0,17})$")]


class EpochEndedError(Exception):
    """The feed was restored from a backup: what follows the cursor is not what followed it before."""


class _Tolerant(BaseModel):
    """A producer may add fields; we read those that we know."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class _Person(_Tolerant):
    pseudonym: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=128)]
    role: Literal["victim", "threatening-person", "child", "other"]
    relation: Code | None = Field(alias="relationToVictim")
    sex: Literal["female", "male", "other", "unknown"]
    age_band: Code = Field(alias="ageBand")


class _Standing(_Tolerant):
    status: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z][A-Z_]{0,40}$")]


class _Data(_Tolerant):
    region: Code
    referred_on: Day = Field(alias="referredOn")
    persons: list[_Person] | None = None


class _Move(_Tolerant):
    transfer: UUID = Field(alias="transferId")
    from_region: Code = Field(alias="fromRegion")
    to_region: Code = Field(alias="toRegion")
    on: Day


class _Event(_Tolerant):
    kind: Annotated[str, StringConstraints(strict=True, max_length=100)] = Field(alias="type")
    subject: UUID
    time: Instant
    sequence: Place
    version: int = Field(alias="streamversion", strict=True, ge=1)
    data: dict[str, Any]


_EVENTS: Final = TypeAdapter(list[_Event])


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in the order of the feed, and the cursor after them; ``whole``: the feed then held no more."""

    news: tuple[News, ...]
    cursor: str | None
    whole: bool


class Feed:
    """The event feed of ``cases``."""

    def __init__(self, client: ServiceClient, caller: Caller) -> None:
        self._client = client
        self._caller = caller

    async def after(self, cursor: str | None, wait: int) -> Batch:
        """Up to 500 events; waits up to ``wait`` seconds for the first.

        Raises EpochEndedError; UpstreamUnavailable; UpstreamWrong for events that we do not understand, since
        to leave one out would make figures wrong.
        """
        params: dict[str, str | int] = {"limit": MOST, "wait": wait}
        if cursor is not None:
            params["after"] = cursor
        answer = await self._client.request(
            "GET", PATH, act_for=self._caller, purpose=PURPOSE, params=params, timeout=wait + _SLACK
        )
        if answer.status_code == _GONE:
            raise EpochEndedError
        if answer.status_code != _OK:
            raise UpstreamUnavailable
        return read_batch(answer.json(), cursor)


def read_batch(content: object, cursor: str | None) -> Batch:
    """Reads a batch; events at or before the cursor are left out. Raises UpstreamWrong."""
    try:
        events = _EVENTS.validate_python(content)
        fresh = [event for event in events if _is_after(event.sequence, cursor)]
        _check_order(fresh)
        news = tuple(_news(event) for event in fresh)
    except ValidationError:
        raise UpstreamWrong("an event of the feed is not as agreed") from None
    return Batch(news, fresh[-1].sequence if fresh else cursor, len(events) < MOST)


def _is_after(sequence: str, cursor: str | None) -> bool:
    if cursor is None:
        return True
    here, there = Cursor.parse(sequence), Cursor.parse(cursor)
    if here.epoch != there.epoch:
        raise EpochEndedError
    return here.position > there.position


def _check_order(events: Sequence[_Event]) -> None:
    cursors = [Cursor.parse(event.sequence) for event in events]
    for one, following in pairwise(cursors):
        if one.epoch != following.epoch or one.position >= following.position:
            raise UpstreamWrong("the events of the feed are not in order")


def _news(event: _Event) -> News:  # noqa: PLR0911 - a line for each kind of event
    """What an event means to figures.

    A case is counted as its sender has told it last: by the day of referral and the people of the newest
    version. A withdrawal ends no case, for the decision stands.
    """
    match event.kind:
        case "referral.accepted":
            return _accepted(event)
        case "referral.declined" | "referral.redirected":
            return Ended(event.subject, event.version, event.time)
        case "referral.corrected" | "referral.withdrawn":
            if _Standing.model_validate(event.data).status != _ACCEPTED:
                return Ended(event.subject, event.version, event.time)
            corrected = event.kind == "referral.corrected"
            return _accepted(event) if corrected else Other(event.subject, event.version)
        case "case.erased":
            return Unlinked(event.subject, event.version, event.time)
        case "case.transferred":
            return _transferred(event)
        case _:
            return Other(event.subject, event.version)


def _transferred(event: _Event) -> Transferred:
    move = _Move.model_validate(event.data)
    fact = TransferFact(move.transfer, event.subject, move.from_region, move.to_region, move.on)
    return Transferred(fact, event.version)


def _accepted(event: _Event) -> Accepted:
    data = _Data.model_validate(event.data)
    if data.persons is None:
        raise UpstreamWrong("an accepted referral tells no people")
    return Accepted(
        CaseFact(
            stream=event.subject,
            version=event.version,
            region=data.region,
            referred_on=data.referred_on,
            accepted=True,
            happened_at=event.time,
            persons=tuple(
                PersonFact(one.pseudonym, one.role, one.relation, one.sex, one.age_band)
                for one in data.persons
            ),
        )
    )
