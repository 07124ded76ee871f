import pytest

from services.exchange.model.inbox import Known, Raw, Submission
from services.exchange.model.problems import ReferralVersionUnexpected
from services.exchange.rules import amendment

RAW = Raw("rest", b"", bytes(32), {})


def submission(version: int, operation: str = "withdraw_referral") -> Submission:
    return Submission("m-1", "PV-1", version, RAW, b"{}", operation=operation)


def test_a_withdrawal_speaks_of_the_last_version() -> None:
    amendment.check(submission(3), Known("TV-0000-0000-0000-0000-0", 3, unsettled=False, repeated=False))


@pytest.mark.parametrize("version", [1, 2, 4, 9999])
def test_any_other_version_is_told_which_one_is_expected(version: int) -> None:
    known = Known("TV-0000-0000-0000-0000-0", 3, unsettled=False, repeated=False)
    with pytest.raises(ReferralVersionUnexpected) as refused:
        amendment.check(submission(version), known)
    assert [(one.pointer, one.code, one.reason) for one in refused.value.errors] == [
        ("/version", "expected", "version 3 is expected")
    ]


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_a_correction_is_the_next_version_or_an_earlier_one_again(version: int) -> None:
    known = Known("TV-0000-0000-0000-0000-0", 3, unsettled=False, repeated=False)
    amendment.check(submission(version, "correct_referral"), known)


def test_a_correction_that_leaves_a_gap_is_told_which_version_is_expected() -> None:
    known = Known("TV-0000-0000-0000-0000-0", 3, unsettled=False, repeated=False)
    with pytest.raises(ReferralVersionUnexpected) as refused:
        amendment.check(submission(5, "correct_referral"), known)
    assert [one.reason for one in refused.value.errors] == ["version 4 is expected"]
