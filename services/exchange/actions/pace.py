"""How much is handed over at once: more while it goes quickly, half as much when it was slow.

Slow means that others wait for the same processors: who waits for an answer goes before what can wait. The
rule is the one by which TCP finds its share (RFC 5681): additive increase, multiplicative decrease.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic


class Pace:
    """A number of places that follows how long each use took."""

    def __init__(
        self, *, most: int, slow: float, least: int = 1, clock: Callable[[], float] = monotonic
    ) -> None:
        """``most`` at once and never fewer than ``least``, unless ``most`` is 0; ``slow``: in seconds."""
        self._most, self._least, self._slow, self._clock = most, least, slow, clock
        self._limit = float(most)
        self._busy = 0

    @property
    def places(self) -> int:
        """How many may be under way at once now."""
        return int(self._limit)

    def free(self) -> bool:
        """Whether one more may begin."""
        return self._busy < self.places

    @contextmanager
    def use(self, places: int = 1) -> Iterator[None]:
        """Takes places, and learns from how long the block took."""
        began = self._clock()
        self._busy += places
        try:
            yield
        finally:
            self._busy -= places
            self._learn(places, self._clock() - began)

    def _learn(self, places: int, seconds: float) -> None:
        if seconds > self._slow:
            self._limit = min(float(self._most), max(float(self._least), self._limit / 2))
        else:
            self._limit = min(float(self._most), self._limit + places / max(1.0, self._limit))
