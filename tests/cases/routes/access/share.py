"""Which part of the matrix a usual run asks: another one each time, the same in every process of a run.

``TURVAVORK_SOAK=1`` asks all of it; ``TURVAVORK_SEED`` asks the part of a number again.
"""

import os
from collections.abc import Sequence
from random import Random
from typing import TypeVar

Item = TypeVar("Item")
SOAK = os.environ.get("TURVAVORK_SOAK") == "1"
#: What the processes of one run have in common.
_SEED = os.environ.get("TURVAVORK_SEED") or os.environ.get("PYTEST_XDIST_TESTRUNUID") or "alone"


def share(items: Sequence[Item], most: int, *about: str) -> list[Item]:
    """Up to ``most`` of the items, in their order, chosen by the seed and what they are asked about."""
    if SOAK or len(items) <= most:
        return list(items)
    chosen = Random(f"{_SEED} {' '.join(about)}").sample(range(len(items)), most)  # noqa: S311 - no secret
    return [items[index] for index in sorted(chosen)]
