"""What is out of the ordinary."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.cases import catalog as published
from services.cases.model.ids import CaseId
from services.cases.model.unusual import Came
from services.cases.rules import unusual

CATALOG = published.load()
RULES, HOLIDAYS = CATALOG.unusual, CATALOG.clocks.holidays
CASE = CaseId(UUID(int=1))
NOON = datetime(2017, 5, 4, 9, 0, tzinfo=UTC)  # a Thursday, twelve in Tallinn
OFFICES = {"coordinator": "victim-support"}


def came(**changes: Any) -> Came:
    facts: dict[str, Any] = {
        "id": UUID(int=2),
        "at": NOON,
        "actor": "m-1",
        "roles": frozenset({"agency-member"}),
        "attributes": frozenset({"agency=police", "region=polva"}),
        "operation": "get_case",
        "refused": False,
        "rules": frozenset({"agency-read"}),
        "handles": ["h-1", "h-other"],
    }
    return Came(**(facts | changes))


@pytest.mark.parametrize(
    ("at", "unusual_"),
    [
        ("2017-05-04T03:59:59+00:00", True),
        ("2017-05-04T04:00:00+00:00", False),  # seven in Tallinn
        ("2017-05-04T16:59:59+00:00", False),
        ("2017-05-04T17:00:00+00:00", True),
        ("2017-05-06T09:00:00+00:00", True),  # Saturday
        ("2017-05-01T09:00:00+00:00", True),  # 1 May
        ("2017-12-04T05:00:00+00:00", False),  # winter time
        ("2017-12-04T04:59:00+00:00", True),
    ],
)
def test_hours_are_those_of_a_workday_in_estonia(at: str, unusual_: bool) -> None:  # noqa: FBT001
    assert unusual.is_out_of_hours(datetime.fromisoformat(at), RULES, HOLIDAYS) is unusual_


def test_by_day_in_the_own_region_nothing_is_unusual() -> None:
    assert list(unusual.of_reading(came(), {"h-1": (CASE, "polva")}, RULES, HOLIDAYS, OFFICES)) == []


def test_from_elsewhere_it_is_told_of_the_case_and_of_no_other_thing() -> None:
    night = datetime(2017, 5, 4, 22, 30, tzinfo=UTC)
    found = list(unusual.of_reading(came(at=night), {"h-1": (CASE, "rakvere")}, RULES, HOLIDAYS, OFFICES))
    assert [(one.rule, one.case, one.own) for one in found] == [
        ("out-of-hours", CASE, {"police"}),
        ("out-of-region", CASE, {"police"}),
    ]
    assert found[0].source == f"out-of-hours/m-1/{CASE}/2017-05-05"  # the day in Tallinn


@pytest.mark.parametrize(
    ("change", "looked_at"),
    [
        ({}, True),
        ({"operation": "list_cases"}, False),
        ({"refused": True}, False),
        ({"rules": frozenset({"glass-broken"})}, False),
    ],
)
def test_single_reads_are_looked_at(change: dict[str, Any], looked_at: bool) -> None:  # noqa: FBT001
    assert unusual.is_looked_at(came(**change), RULES) is looked_at


def test_an_hour_is_told_once_in_each_region() -> None:
    first = unusual.of_many(came(), CASE, "polva", RULES, OFFICES)
    later = unusual.of_many(came(at=NOON.replace(minute=59)), CaseId(UUID(int=9)), "polva", RULES, OFFICES)
    assert first.source == later.source
    assert unusual.of_many(came(), CASE, "rakvere", RULES, OFFICES).source != first.source


def test_a_coordinator_came_for_victim_support() -> None:
    assert unusual.own(came(roles=frozenset({"coordinator"}), attributes=frozenset()), OFFICES) == {
        "victim-support"
    }
