"""What we ask of the case register: take this referral; how does that one stand?

``RELIES_ON`` lists what we rely on; a test looks it up in the provider's committed document.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from services.exchange.model.inbox import Answer, Declined, HandedOver, Sender, Status, Taken, Unavailable
from services.exchange.model.offered import CORRECT, REPORT, WITHDRAW
from services.exchange.outbound.breaker import Breaker
from services.exchange.rules.inbox import WRONG
from services.kit import log
from services.kit.calendar import parse_instant
from services.kit.client import Response, ServiceClient
from services.kit.policy import Caller
from services.kit.problem import FieldError, UpstreamUnavailable, UpstreamWrong

PURPOSE: Final = "intake"
RELIES_ON: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "cases": {
        "take_referral": ("reference", "status"),
        "take_referrals": ("items",),
        "correct_referral": ("reference", "status"),
        "withdraw_referral": ("reference", "status"),
        "take_incident": ("reference", "status"),
        "get_intake_status": ("reference", "status", "changedAt"),
    }
}
_INTAKE: Final = "/api/cases/v1/intake"
_OK: Final = frozenset({200, 201})
_REFUSED: Final = frozenset(
    {
        "referral-invalid",
        "referral-version-exists",
        "referral-version-unexpected",
        "referral-withdrawn",
        "incident-invalid",
        "incident-exists",
    }
)
_UNKNOWN: Final = Declined("referral-unknown")
#: Where what is no new referral is handed over.
_PLACES: Final = {CORRECT: "/{}/correction", WITHDRAW: "/{}/withdrawal", REPORT: "/incidents/{}"}
_TYPE: Final = "urn:turvavork:problem:"
#: Where the register has the sender's words for its referral.
_SENDER: Final = "/sender"
_NOT_FOUND: Final = 404
MOST_BYTES: Final = 512 * 1024  # of referrals in one call; the register takes bodies of 1 MiB
_MOST_ERRORS: Final = 100
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Handing:
    """A referral that waits: our reference, its canonical JSON, who sent it.

    ``request_id``: under which its sender waits, if it does; the register's audit rows about it have it.
    """

    reference: str
    sender: Sender
    referral: bytes = field(repr=False)
    request_id: str | None = None


class Cases:
    """The case register, asked on behalf of an X-Road client or a worker."""

    def __init__(self, client: ServiceClient, breaker: Breaker) -> None:
        self._client = client
        self._breaker = breaker

    async def take(self, caller: Caller, waiting: Handing, *, budget: float) -> Answer:
        """Hands a referral over; never raises for what the register says or does not say.

        Args:
            caller: the X-Road client, or the worker.
            waiting: the referral, under the public reference that we minted.
            budget: seconds for the whole call.
        """
        path, body = f"/{waiting.reference}", _body(waiting)
        answer = await self._ask("PUT", path, caller, budget, body, waiting.request_id)
        return answer if isinstance(answer, Unavailable) else _understood(answer)

    async def take_all(
        self, caller: Caller, waiting: Sequence[Handing], *, budget: float
    ) -> Sequence[Answer]:
        """Hands several over in one call, with an answer for each; as :meth:`take`, it never raises.

        When the register answers the call as a whole wrongly, or with a refusal, each is handed over by
        itself, so that one that it cannot take spoils no other. ``budget`` is for each of the two tries.
        """
        if len(waiting) == 1:
            return [await self.take(caller, waiting[0], budget=budget)]
        body = b'{"items":[%b]}' % b",".join(map(_item, waiting))
        answer = await self._ask("POST", "", caller, budget, body, str(uuid4()))
        if not isinstance(answer, Unavailable):
            outcomes = _outcomes(answer, len(waiting))
            if outcomes is not None:
                return outcomes
        elif answer.code != WRONG:
            return [answer] * len(waiting)
        return await asyncio.gather(*(self.take(caller, each, budget=budget) for each in waiting))

    async def amend(self, caller: Caller, operation: str, waiting: Handing, *, budget: float) -> Answer:
        """Hands over what a sender does about a referral that it has sent; as :meth:`take`, it never raises.

        ``waiting`` names the referral, and the version that the sender speaks of. The report of an incident
        goes the same way, under its own reference.
        """
        path = _PLACES[operation].format(waiting.reference)
        answer = await self._ask("PUT", path, caller, budget, _body(waiting))
        if isinstance(answer, Unavailable):
            return answer
        is_unknown = answer.status_code == _NOT_FOUND and operation != REPORT
        return _UNKNOWN if is_unknown else _understood(answer)

    async def status(self, caller: Caller, reference: str, *, budget: float) -> HandedOver | None:
        """How a referral stands; None when the register cannot be asked now, or does not know it."""
        answer = await self._ask("GET", f"/{reference}", caller, budget, None)
        if isinstance(answer, Unavailable) or answer.status_code == _NOT_FOUND:
            return None
        try:
            told = answer.json()
            return HandedOver(Status(told["status"]), parse_instant(told["changedAt"]))
        except (UpstreamWrong, KeyError, TypeError, ValueError) as error:
            _log.error("case-register-not-understood", status=answer.status_code, exc_info=error)
            return None

    async def _ask(  # noqa: PLR0913, PLR0917 - one call, said in full
        self,
        method: str,
        path: str,
        caller: Caller,
        budget: float,
        body: bytes | None,
        request_id: str | None = None,
    ) -> Response | Unavailable:
        if not self._breaker.closed():
            return Unavailable("not-asked")
        try:
            answer = await self._client.request(
                method,
                f"{_INTAKE}{path}",
                act_for=caller,
                purpose=PURPOSE,
                written=body,
                timeout=budget,
                request_id=request_id,
            )
        except UpstreamUnavailable:
            self._breaker.failed()
            return Unavailable("upstream-unavailable")
        except UpstreamWrong:
            self._breaker.failed()
            return Unavailable(WRONG)
        self._breaker.succeeded()
        return answer


def groups(waiting: Sequence[Handing]) -> Iterator[Sequence[Handing]]:
    """Those that go in one call: few enough bytes for a body; one that is larger goes by itself."""
    group: list[Handing] = []
    size = 0
    for one in waiting:
        if group and size + len(one.referral) > MOST_BYTES:
            yield group
            group, size = [], 0
        group.append(one)
        size += len(one.referral)
    if group:
        yield group


def _item(waiting: Handing) -> bytes:
    asked = b"" if waiting.request_id is None else b',"requestId":"%b"' % waiting.request_id.encode()
    return b'{"reference":"%b","referral":%b%b}' % (waiting.reference.encode(), _body(waiting), asked)


def _body(waiting: Handing) -> bytes:
    """The referral as it was written, an object with members, and behind them its sender."""
    said = waiting.sender
    sender = json.dumps({"client": said.client, "reference": said.reference, "version": said.version})
    return b'%b,"sender":%b}' % (waiting.referral.removesuffix(b"}"), sender.encode())


def _understood(answer: Response) -> Answer:
    """What the register says of one referral."""
    try:
        if answer.status_code in _OK:
            return _taken(answer.json())
        if (declined := _declined(answer.json())) is not None:
            return declined
    except (UpstreamWrong, KeyError, TypeError, ValueError) as error:
        _log.error("case-register-not-understood", status=answer.status_code, exc_info=error)
        return Unavailable(WRONG)
    _log.error("case-register-refused-us", status=answer.status_code)
    return Unavailable(WRONG)


def _outcomes(answer: Response, number: int) -> Sequence[Answer] | None:
    """What the register says of each, or None when it does not say that."""
    try:
        items = answer.json()["items"] if answer.status_code in _OK else []
        told = [_outcome(item) for item in items]
        if len(told) == number and None not in told:
            return [each for each in told if each is not None]
    except (UpstreamWrong, KeyError, TypeError, ValueError) as error:
        _log.error("case-register-not-understood", status=answer.status_code, exc_info=error)
        return None
    _log.error("case-register-refused-us", status=answer.status_code)
    return None


def _outcome(item: Mapping[str, Any]) -> Answer | None:
    if "taken" in item:
        return _taken(item["taken"])
    return _declined(item["refused"])


def _taken(told: Mapping[str, Any]) -> Taken:
    return Taken(str(told["reference"]), Status(told["status"]))


def _declined(problem: Mapping[str, Any]) -> Declined | None:
    """The refusal, if it is one of those that say something about the referral."""
    reason = str(problem["type"]).removeprefix(_TYPE)
    if reason not in _REFUSED:
        return None
    errors = [
        FieldError(str(e["pointer"]).removeprefix(_SENDER), str(e["code"]), str(e["reason"]))
        for e in problem.get("errors", ())
    ]
    return Declined(reason, errors[:_MOST_ERRORS])
