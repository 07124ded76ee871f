"""Whether what a sender does about its referral fits what it has sent of it so far."""

from services.exchange.model.inbox import Known, Submission
from services.exchange.model.offered import CORRECT
from services.exchange.model.problems import ReferralVersionUnexpected
from services.kit.problem import FieldError


def check(submission: Submission, known: Known) -> None:
    """Raises ReferralVersionUnexpected; the register, which knows the contents, has the last word.

    A withdrawal speaks of the last version. A correction is the one that follows it; an earlier one may be
    the same again, under another id.
    """
    version = submission.sender_version
    if submission.operation == CORRECT:
        if version > known.version + 1:
            raise unexpected(known.version + 1)
    elif version != known.version:
        raise unexpected(known.version)


def unexpected(expected: int) -> ReferralVersionUnexpected:
    """The refusal that says which version is expected."""
    return ReferralVersionUnexpected(
        errors=[FieldError("/version", "expected", f"version {expected} is expected")]
    )
