"""How the risk has changed: from one assessment to another, by the scorer's words alone."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final
from uuid import UUID

from services.cases.model.assessments import Assessment, Change, ChangedRisk, Direction
from services.cases.model.codes import Band

_ORDER: Final = (Band.STANDARD, Band.MEDIUM, Band.HIGH)
HOLDS: Final = "recorded"


def holding(assessments: Sequence[Assessment]) -> list[Assessment]:
    """Those that hold, in the order of the days on which they were completed."""
    held = [each for each in assessments if each.state == HOLDS]
    return sorted(held, key=lambda each: (each.completed_on, each.recorded_at, each.id))


def changes(assessments: Sequence[Assessment]) -> dict[UUID, Change]:
    """What each assessment that holds has changed against the one before it; the first has none."""
    return {later.id: change(earlier, later) for earlier, later in pairwise(holding(assessments))}


def change(earlier: Assessment, later: Assessment) -> Change:
    """Bands are compared within an instrument, scores within a version of it."""
    before, after = earlier.explained.result, later.explained.result
    if before.instrument != after.instrument:
        return Change(Direction.NOT_COMPARABLE, None)
    score = after.value - before.value if before.version == after.version else None
    by_band = _ORDER.index(after.band) - _ORDER.index(before.band)
    return Change(_direction(by_band or score or 0), score)


def changed_risk(assessments: Sequence[Assessment]) -> ChangedRisk | None:
    """From the first to the last that hold; None while there are not two."""
    held = holding(assessments)
    if len(held) < 2:  # noqa: PLR2004 - a change is between two
        return None
    first, last = held[0], held[-1]
    before, after = first.explained.result, last.explained.result
    return ChangedRisk(
        first=first.id,
        last=last.id,
        first_on=first.completed_on,
        last_on=last.completed_on,
        first_band=before.band,
        last_band=after.band,
        first_score=before.value,
        last_score=after.value,
        change=change(first, last),
    )


def _direction(by: int) -> Direction:
    if by == 0:
        return Direction.SAME
    return Direction.HIGHER if by > 0 else Direction.LOWER
