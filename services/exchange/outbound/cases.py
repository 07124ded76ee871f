"""What we ask of the case register: take this referral; how does that one stand?

``RELIES_ON`` lists what we rely on; a test looks it up in the provider's committed document.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from services.exchange.model.inbox import Answer, Declined, HandedOver, Sender, Status, Taken, Unavailable
from services.exchange.outbound.breaker import Breaker
from services.kit import log
from services.kit.calendar import parse_instant
from services.kit.client import Response, ServiceClient
from services.kit.policy import Caller
from services.kit.problem import FieldError, UpstreamUnavailable, UpstreamWrong

PURPOSE: Final = "intake"
#: The register answered, and wrongly: it may be about this one referral.
WRONG: Final = "case-register-wrong"
RELIES_ON: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "cases": {
        "take_referral": ("reference", "status"),
        "get_intake_status": ("reference", "status", "changedAt"),
    }
}
_OK: Final = frozenset({200, 201})
_REFUSED: Final = {409: "referral-version-exists", 422: "referral-invalid"}
_TYPE: Final = "urn:turvavork:problem:"
_NOT_FOUND: Final = 404
_MOST_ERRORS: Final = 100
_log = log.get_logger(__name__)


class Cases:
    """The case register, asked on behalf of an X-Road client or a worker."""

    def __init__(self, client: ServiceClient, breaker: Breaker) -> None:
        self._client = client
        self._breaker = breaker

    async def take(
        self, caller: Caller, reference: str, referral: bytes, sender: Sender, *, budget: float
    ) -> Answer:
        """Hands a referral over; never raises for what the register says or does not say.

        Args:
            caller: the X-Road client, or the worker.
            reference: the public reference that we minted.
            referral: its canonical JSON.
            sender: the client, with its own reference and version.
            budget: seconds for the whole call.
        """
        body = {**json.loads(referral), "sender": asdict(sender)}
        answer = await self._ask("PUT", reference, caller, budget, body)
        if isinstance(answer, Unavailable):
            return answer
        try:
            if answer.status_code in _OK:
                told = answer.json()
                return Taken(str(told["reference"]), Status(told["status"]))
            if answer.status_code in _REFUSED and (declined := _declined(answer)) is not None:
                return declined
        except (UpstreamWrong, KeyError, TypeError, ValueError) as error:
            _log.error("case-register-not-understood", status=answer.status_code, exc_info=error)
            return Unavailable(WRONG)
        _log.error("case-register-refused-us", status=answer.status_code)
        return Unavailable(WRONG)

    async def status(self, caller: Caller, reference: str, *, budget: float) -> HandedOver | None:
        """How a referral stands; None when the register cannot be asked now, or does not know it."""
        answer = await self._ask("GET", reference, caller, budget, None)
        if isinstance(answer, Unavailable) or answer.status_code == _NOT_FOUND:
            return None
        try:
            told = answer.json()
            return HandedOver(Status(told["status"]), parse_instant(told["changedAt"]))
        except (UpstreamWrong, KeyError, TypeError, ValueError) as error:
            _log.error("case-register-not-understood", status=answer.status_code, exc_info=error)
            return None

    async def _ask(
        self, method: str, reference: str, caller: Caller, budget: float, body: dict[str, Any] | None
    ) -> Response | Unavailable:
        if not self._breaker.closed():
            return Unavailable("not-asked")
        path = f"/api/cases/v1/intake/{reference}"
        try:
            answer = await self._client.request(
                method, path, act_for=caller, purpose=PURPOSE, json=body, timeout=budget
            )
        except UpstreamUnavailable:
            self._breaker.failed()
            return Unavailable("upstream-unavailable")
        except UpstreamWrong:
            self._breaker.failed()
            return Unavailable(WRONG)
        self._breaker.succeeded()
        return answer


def _declined(answer: Response) -> Declined | None:
    """The refusal, if it is one of those that say something about the referral."""
    problem = answer.json()
    reason = _REFUSED[answer.status_code]
    if problem["type"] != _TYPE + reason:
        return None
    errors = [
        FieldError(str(e["pointer"]), str(e["code"]), str(e["reason"])) for e in problem.get("errors", ())
    ]
    return Declined(reason, errors[:_MOST_ERRORS])
