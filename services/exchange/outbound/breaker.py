"""Does not ask again, for a moment, who has not answered several times in a row.

A register that hangs must not make every sender wait for it: the answer is then *received*, at once.
"""

from collections.abc import Callable
from time import monotonic
from typing import Final

FAILURES: Final = 5
PAUSE: Final = 1.0  # seconds


class Breaker:
    """Opens after some failures in a row; after a pause lets one call through to see."""

    def __init__(
        self, *, failures: int = FAILURES, pause: float = PAUSE, clock: Callable[[], float] = monotonic
    ) -> None:
        self._most, self._pause, self._clock = failures, pause, clock
        self._failures = 0
        self._again_at = 0.0

    def closed(self) -> bool:
        """Whether to ask; when it was open for a pause, the first who asks this goes, the others wait on."""
        if self._failures < self._most:
            return True
        moment = self._clock()
        if moment < self._again_at:
            return False
        self._again_at = moment + self._pause
        return True

    def failed(self) -> None:
        """A call failed."""
        self._failures += 1
        if self._failures >= self._most:
            self._again_at = self._clock() + self._pause

    def succeeded(self) -> None:
        """A call was answered, whatever the answer."""
        self._failures = 0
