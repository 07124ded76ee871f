"""Whether what a sender does about its referral fits what it has sent of it so far."""

from services.exchange.model.inbox import Known, Submission
from services.exchange.model.problems import ReferralVersionUnexpected
from services.kit.problem import FieldError


def check(submission: Submission, known: Known) -> None:
    """Raises ReferralVersionUnexpected; the register, which knows the contents, has the last word."""
    if submission.sender_version != known.version:
        raise unexpected(known.version)


def unexpected(expected: int) -> ReferralVersionUnexpected:
    """The refusal that says which version is expected."""
    return ReferralVersionUnexpected(
        errors=[FieldError("/version", "expected", f"version {expected} is expected")]
    )
