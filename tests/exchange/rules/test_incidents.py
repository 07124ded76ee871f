"""The report of an incident: what breaks a rule, and where."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.exchange.rules.incidents import broken

NOW = datetime(2017, 5, 4, 12, 0, tzinfo=UTC)
HER, HIS = "48805042711", "38501170366"


@dataclass(frozen=True)
class Report:
    occurred_at: datetime = NOW
    victim: str = HER
    threatening_persons: tuple[str, ...] | None = (HIS,)


def told(report: Report) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in broken(report, NOW)]


def test_a_report_in_order_breaks_nothing() -> None:
    assert told(Report()) == []
    assert told(Report(threatening_persons=None)) == []


def test_every_rule_is_told_with_its_place() -> None:
    wrong = Report(NOW + timedelta(hours=1), "48805042712", (HIS, HIS, HER, "123"))
    assert told(wrong) == [
        ("/occurredAt", "future"),
        ("/victim", "check-digit"),
        ("/threateningPersons/1", "twice"),
        ("/threateningPersons/3", "length"),
    ]


def test_nobody_is_victim_and_threatening_person() -> None:
    assert told(Report(threatening_persons=(HER,))) == [("/threateningPersons/0", "twice")]
