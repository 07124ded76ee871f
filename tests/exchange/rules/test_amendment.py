import pytest

from services.exchange.model.inbox import Known, Raw, Submission
from services.exchange.model.problems import ReferralVersionUnexpected
from services.exchange.rules import amendment

RAW = Raw("rest", b"", bytes(32), {})


def submission(version: int) -> Submission:
    return Submission("m-1", "PV-1", version, RAW, b"{}", operation="withdraw_referral")


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
