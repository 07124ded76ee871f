"""How the risk has changed is computed from the assessments that hold."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.cases.model.assessments import Assessment, Change, Direction
from services.cases.model.codes import Band
from services.cases.model.dossiers import Explained, Range
from services.cases.model.ids import CaseId
from services.cases.model.states import Score
from services.cases.rules import assessments as rules

AT = datetime(2017, 5, 4, tzinfo=UTC)
CASE = CaseId(UUID(int=9))


def _made(number: int, score: int, band: Band, day: int, **changes: Any) -> Assessment:
    instrument, version = changes.get("instrument", "dash"), changes.get("version", "2026-11")
    result = Score(instrument, version, "sha256:00", "test/1", score, band, (), AT)
    return Assessment(
        id=UUID(int=number),
        case=CASE,
        source="case",
        completed_on=date(2017, 5, day),
        recorded_at=AT,
        recorded_by="m-1",
        state=changes.get("state", "recorded"),
        reason=None,
        version=1,
        explained=Explained(result, Range(0, 24, Band.STANDARD, Band.HIGH), (), ()),
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((18, Band.HIGH, {}), (9, Band.STANDARD, {}), Change(Direction.LOWER, -9)),
        ((9, Band.STANDARD, {}), (15, Band.HIGH, {}), Change(Direction.HIGHER, 6)),
        ((15, Band.HIGH, {}), (17, Band.HIGH, {}), Change(Direction.HIGHER, 2)),
        ((15, Band.HIGH, {}), (15, Band.HIGH, {}), Change(Direction.SAME, 0)),
        ((15, Band.HIGH, {}), (3, Band.HIGH, {"version": "2027-01"}), Change(Direction.SAME, None)),
        ((15, Band.HIGH, {}), (3, Band.STANDARD, {"version": "2027"}), Change(Direction.LOWER, None)),
        ((15, Band.HIGH, {}), (3, Band.MEDIUM, {"instrument": "da"}), Change(Direction.NOT_COMPARABLE, None)),
    ],
)
def test_a_change_is_told_as_far_as_two_can_be_compared(before: Any, after: Any, expected: Change) -> None:
    first = _made(1, before[0], before[1], 1, **before[2])
    second = _made(2, after[0], after[1], 2, **after[2])
    assert rules.change(first, second) == expected
    assert rules.changes([second, first]) == {second.id: expected}


def test_the_first_and_the_last_that_hold_say_how_the_risk_has_changed() -> None:
    first, middle = _made(1, 18, Band.HIGH, 1), _made(2, 5, Band.STANDARD, 2)
    last, void = _made(3, 12, Band.MEDIUM, 3), _made(4, 1, Band.STANDARD, 4, state="retracted")
    found = rules.changed_risk([void, last, first, middle])
    assert found is not None
    assert (found.first, found.last, found.change) == (first.id, last.id, Change(Direction.LOWER, -6))
    assert rules.changed_risk([void, first]) is None
    assert rules.changed_risk([]) is None
