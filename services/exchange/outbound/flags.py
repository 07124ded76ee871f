"""Asking the case register for a flag on behalf of an X-Road client.

``RELIES_ON`` lists what we rely on; a test looks it up in the provider's committed document.
"""

from typing import Final

from services.exchange.model.flags import PURPOSE, Flag, FlagQuestion
from services.exchange.outbound.breaker import Breaker
from services.kit import log
from services.kit.client import Response, ServiceClient
from services.kit.policy import Caller
from services.kit.problem import UpstreamUnavailable, UpstreamWrong

RELIES_ON: Final = {"cases": {"ask_flag": ("flag",)}}
_PATH: Final = "/api/cases/v1/flags"
_OK: Final = 200
_log = log.get_logger(__name__)


class FlagRegister:
    """Whoever knows the flags; does not answer in his place."""

    def __init__(self, client: ServiceClient, breaker: Breaker, *, budget: float) -> None:
        """``budget``: seconds for one question."""
        self._client, self._breaker, self._budget = client, breaker, budget

    async def flag(self, caller: Caller, question: FlagQuestion) -> Flag:
        """What the register says.

        Raises UpstreamUnavailable for every answer that is neither yes nor no: that is never taken for a no.
        """
        if not self._breaker.closed():
            raise UpstreamUnavailable
        try:
            answer = await self._client.request(
                "POST",
                _PATH,
                act_for=caller,
                purpose=PURPOSE,
                json={"personalCode": question.code.value},
                timeout=self._budget,
            )
            flag = _understood(answer)
        except UpstreamUnavailable:
            self._breaker.failed()
            raise
        except UpstreamWrong:
            self._breaker.failed()
            raise UpstreamUnavailable from None
        self._breaker.succeeded()
        return flag


def _understood(answer: Response) -> Flag:
    if answer.status_code != _OK:
        _log.error("case-register-refused-us", status=answer.status_code)
        raise UpstreamWrong
    told = answer.json()
    try:
        return Flag(told["flag"])
    except (KeyError, TypeError, ValueError):
        _log.error("case-register-not-understood", status=answer.status_code)
        raise UpstreamWrong from None
