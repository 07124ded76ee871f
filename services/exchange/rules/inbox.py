"""What follows when the worker has asked the register to take a message that came in.

What was acknowledged is never released. The request that stored a row and the worker may both settle it, and
the first holds: the register says the same to both. Each step of a row is one statement of ``store``, which
says from which state.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

from services.exchange.model.inbox import Answer, Declined, Taken, Unavailable
from services.exchange.rules import delivery

#: The register answered, and wrongly: it may be about this one referral.
WRONG: Final = "case-register-wrong"


@dataclass(frozen=True, slots=True)
class Postpone:
    """The register is asked again after this time."""

    wait: timedelta


Verdict: TypeAlias = Taken | Declined | Postpone


@dataclass(frozen=True, slots=True)
class Terms:
    """How often the register may answer wrongly about a message, and how the worker waits."""

    tries_of_wrong: int
    retry: delivery.Terms


def verdict(answer: Answer, attempts: int, terms: Terms, jitter: int) -> Verdict:
    """What follows when the worker has asked the register, this time counted in ``attempts``."""
    if not isinstance(answer, Unavailable):
        return answer
    if answer.code == WRONG and attempts >= terms.tries_of_wrong:
        return Declined(WRONG)
    return Postpone(delivery.wait(attempts, terms.retry, jitter))
