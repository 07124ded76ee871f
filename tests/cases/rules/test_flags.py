from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.cases.model.flags import Flag, FlagRule, Victimhood
from services.cases.model.ids import CaseId
from services.cases.rules.flags import verdict

RULE = FlagRule(12, frozenset({"open"}))
PART = Victimhood(CaseId(UUID(int=1)), "polva", date(2016, 2, 29), "open", silent=False)


@pytest.mark.parametrize(
    ("today", "flag"),
    [
        (date(2016, 2, 28), Flag.NO),
        (date(2016, 2, 29), Flag.YES),
        (date(2017, 2, 27), Flag.YES),
        (date(2017, 2, 28), Flag.NO),
    ],
)
def test_a_flag_lasts_twelve_months_from_the_referral_the_end_exclusive(today: date, flag: Flag) -> None:
    assert verdict([PART], today, RULE).flag is flag


def test_the_latest_referral_counts() -> None:
    later = replace(PART, case=CaseId(UUID(int=2)), referred_on=date(2016, 12, 1))
    said = verdict([later, PART], date(2017, 6, 1), RULE)
    assert (said.flag, said.case) == (Flag.YES, later.case)


def test_nobody_is_no() -> None:
    assert verdict([], date(2016, 3, 1), RULE).flag is Flag.NO


def test_a_case_in_another_state_is_no() -> None:
    said = verdict([replace(PART, state="closed")], date(2016, 3, 1), RULE)
    assert (said.flag, said.alarmed) == (Flag.NO, [])


def test_anything_sealed_is_no_and_alarms_its_owner_alone() -> None:
    silent = replace(PART, case=CaseId(UUID(int=2)), silent=True)
    said = verdict([PART, silent], date(2016, 3, 1), RULE)
    assert (said.flag, said.case, said.alarmed) == (Flag.NO, None, [silent])


def test_what_was_sealed_long_ago_alarms_nobody() -> None:
    said = verdict([replace(PART, silent=True)], date(2018, 3, 1), RULE)
    assert (said.flag, said.alarmed) == (Flag.NO, [])
