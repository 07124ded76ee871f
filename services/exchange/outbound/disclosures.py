"""What we ask of the case register for the Data Tracker: the disclosures that it has made.

``RELIES_ON`` lists what we rely on; a test looks it up in the provider's committed document.
"""

from itertools import pairwise
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from services.exchange.model.feed import EpochEnded
from services.exchange.model.usage import Disclosure, Disclosures
from services.kit.client import Response, ServiceClient
from services.kit.fields import Instant
from services.kit.policy import Caller
from services.kit.problem import UpstreamWrong
from services.kit.sequencer import Cursor

PURPOSE: Final = "accountability"
PATH: Final = "/api/cases/v1/disclosures"
MOST: Final = 500
RELIES_ON: Final = {
    "cases": {
        "list_disclosures": (
            *("id", "sequence", "subject", "receiverCode", "receiverSystem", "receiverName"),
            *("action", "occurredAt", "caseHandle"),
        ),
    }
}
_CALLER: Final = Caller.system("worker:disclosures", "exchange")
_OK: Final = 200
_GONE: Final = 410

Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=255)]


class _Disclosure(BaseModel):
    """A producer may add fields; we read those that we know."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)

    id: UUID
    sequence: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{12}\.(0|[1-9][0-9]{0,17})$")]
    subject: Annotated[str, StringConstraints(strict=True, pattern="^[0-9a-f]{64}$")]
    receiver_code: Text
    receiver_system: Text
    receiver_name: Text | None
    action: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=100)]
    occurred_at: Instant
    case_handle: Annotated[str, Field(strict=True, pattern="^[0-9a-f]{32}$")] | None


_LIST: Final = TypeAdapter(list[_Disclosure])


class DisclosureFeed:
    """The case register's disclosures, asked by the worker that keeps them."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def after(self, cursor: str | None) -> Disclosures:
        """Up to 500 disclosures after a cursor.

        Raises EpochEnded, UpstreamUnavailable, and UpstreamWrong for what is not as agreed.
        """
        params: dict[str, str | int] = {"limit": MOST}
        if cursor is not None:
            params["after"] = cursor
        answer = await self._client.request("GET", PATH, act_for=_CALLER, purpose=PURPOSE, params=params)
        if answer.status_code == _GONE:
            raise EpochEnded
        if answer.status_code != _OK:
            raise UpstreamWrong("the feed of disclosures refuses us")
        return _read(answer, cursor)


def _read(answer: Response, cursor: str | None) -> Disclosures:
    try:
        told = _LIST.validate_python(answer.json())
    except ValidationError as error:
        raise UpstreamWrong("a disclosure is not as agreed") from error
    places = ([] if cursor is None else [Cursor.parse(cursor)]) + [Cursor.parse(one.sequence) for one in told]
    for one, following in pairwise(places):
        if one.epoch != following.epoch or one.position >= following.position:
            raise UpstreamWrong("the disclosures are not in order")
    return Disclosures(tuple(map(_disclosure, told)), told[-1].sequence if told else cursor)


def _disclosure(told: _Disclosure) -> Disclosure:
    return Disclosure(
        id=told.id,
        subject=bytes.fromhex(told.subject),
        receiver_code=told.receiver_code,
        receiver_system=told.receiver_system,
        receiver_name=told.receiver_name,
        action=told.action,
        occurred_at=told.occurred_at,
        case_handle=told.case_handle,
    )
