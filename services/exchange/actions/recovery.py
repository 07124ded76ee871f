"""A partner that takes messages again gets what waits for it, without the rest of its long waits.

Each success brings two messages forward whose last try failed for the network or the partner as a whole. So
their number doubles while they succeed, and dies out while fewer than half of them do: a partner that is half
dead is not flooded. What failed for reasons of its own, and what a partner asked to send later, keeps its
time.
"""

from collections.abc import Callable
from time import monotonic
from typing import Final

EACH: Final = 2
REST: Final = 0.5  # seconds without another look when nothing was found


class Recovery:
    """Counts successes since the last look, for each partner."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._earned: dict[str, int] = {}
        self._quiet: dict[str, float] = {}

    def succeeded(self, partner: str) -> None:
        """The partner took a message."""
        self._earned[partner] = self._earned.get(partner, 0) + EACH

    def earned(self, partner: str) -> int:
        """How many may be brought forward now; 0 when there was nothing to bring a moment ago."""
        return 0 if self._clock() < self._quiet.get(partner, 0.0) else self._earned.pop(partner, 0)

    def found(self, partner: str, number: int) -> None:
        """So many were brought forward."""
        if not number:
            self._quiet[partner] = self._clock() + REST
            self._earned.pop(partner, None)
