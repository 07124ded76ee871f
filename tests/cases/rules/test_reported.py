"""In which case an incident is written down that an agency reports, and whether it may be a repeat."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from services.cases.model.ids import CaseId
from services.cases.model.referral import Sender
from services.cases.model.reported import Candidate, Report, ReportedRule
from services.cases.rules.reported import broken, chosen, proposes

RULE = ReportedRule(12, frozenset({"open", "monitoring"}))
CASE = Candidate(CaseId(UUID(int=1)), "ended", date(2016, 3, 1), same_pair=False, other_pair=False)
NOW = datetime(2017, 5, 4, 12, 0, tzinfo=UTC)
REPORT = Report(
    "TV-0000-0000-0000-0000-0",
    Sender("ee-dev/GOV/70008747/polis", "VK-1", 1),
    "threat",
    NOW,
    "Ähvardas.",
    "48805042711",
    ("38501170366",),
)


def test_a_case_that_has_ended_counts_for_twelve_months_and_one_that_goes_on_for_as_long_as_it_does() -> None:
    assert chosen([CASE], date(2017, 2, 28), RULE) == CASE
    assert chosen([CASE], date(2017, 3, 1), RULE) is None
    assert chosen([], date(2017, 2, 28), RULE) is None
    for state in RULE.case_states:
        assert chosen([replace(CASE, state=state)], date(2019, 1, 1), RULE) is not None


def test_the_same_pair_goes_before_a_later_case_and_a_later_one_before_an_earlier() -> None:
    later = replace(CASE, case=CaseId(UUID(int=2)), referred_on=date(2016, 9, 1))
    pair = replace(CASE, case=CaseId(UUID(int=3)), same_pair=True)
    assert chosen([CASE, later], date(2016, 10, 1), RULE) == later
    assert chosen([later, pair, CASE], date(2016, 10, 1), RULE) == pair


def test_it_may_be_a_repeat_unless_it_is_known_to_be_somebody_else() -> None:
    assert proposes(CASE)
    assert not proposes(replace(CASE, other_pair=True))


def test_every_rule_is_told_with_its_place() -> None:
    kinds = {"threat"}
    assert broken(REPORT, NOW, kinds) == []
    wrong = replace(
        REPORT,
        kind="quarrel",
        occurred_at=NOW + timedelta(hours=1),
        victim="48805042712",
        threatening=("38501170366", "38501170366"),
    )
    assert [(each.pointer, each.code) for each in broken(wrong, NOW, kinds)] == [
        ("/kind", "unknown"),
        ("/occurredAt", "future"),
        ("/victim", "check-digit"),
        ("/threateningPersons/1", "twice"),
    ]
