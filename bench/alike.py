"""Whether two kinds of answers can be told apart by the time that they take."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import sqrt
from typing import Final

#: Beyond it a difference is not chance: one comparison in a thousand of answers that are alike.
CHANCE: Final = 3.29


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ranks of two samples (Mann-Whitney).

    ``slower``: how often an answer of the first kind takes longer than one of the second; a half when they
    are alike. ``z``: how many standard errors that is from a half.
    """

    slower: float
    z: float

    @property
    def alike(self) -> bool:
        """Whether nobody could tell one from the other by these tries."""
        return abs(self.z) < CHANCE


def compare(first: Sequence[float], second: Sequence[float]) -> Comparison:
    """Compares two samples, which do not have to be of the same size or of any distribution."""
    ordered = sorted([(value, True) for value in first] + [(value, False) for value in second])
    before, ranks, ties = 0, 0.0, 0
    for _, group in groupby(ordered, key=lambda one: one[0]):
        same = [is_first for _, is_first in group]
        ranks += sum(same) * (before + (len(same) + 1) / 2)
        ties += len(same) ** 3 - len(same)
        before += len(same)
    own, other = len(first), len(second)
    wins = ranks - own * (own + 1) / 2
    spread = own * other / 12 * (before + 1 - ties / (before * (before - 1)))
    z = 0.0 if spread <= 0 else (wins - own * other / 2) / sqrt(spread)
    return Comparison(wins / (own * other), z)
