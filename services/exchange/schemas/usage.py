"""What the Data Tracker is told, in its words."""

from services.exchange.model.usage import Usage, UsagePage
from services.exchange.schemas.referral import Out
from services.kit.fields import Instant


class UsageOut(Out):
    """One disclosure as the person sees it; ``receiverName`` is absent where there is none."""

    logtime: Instant
    action: str
    receiver_code: str
    receiver_system: str


class NamedUsageOut(UsageOut):
    """The same with the receiver's name."""

    receiver_name: str


class UsagesOut(Out):
    """How many there are, and those that were asked for, newest first."""

    total_usages: int
    usages: list[NamedUsageOut | UsageOut]

    @classmethod
    def of(cls, page: UsagePage) -> "UsagesOut":
        """The same in public words."""
        return cls(total_usages=page.total, usages=[_usage(one) for one in page.usages])


class UsagePeriodOut(Out):
    """Since when there are records; without an end they go on until now."""

    period_start: Instant


class HeartbeatOut(Out):
    """Whether we can answer."""

    status: str


class FailingOut(HeartbeatOut):
    """The same, and why not."""

    message: str


def _usage(usage: Usage) -> UsageOut:
    words = {
        "logtime": usage.logtime,
        "action": usage.action,
        "receiver_code": usage.receiver_code,
        "receiver_system": usage.receiver_system,
    }
    if usage.receiver_name is None:
        return UsageOut.model_validate(words)
    return NamedUsageOut.model_validate({**words, "receiver_name": usage.receiver_name})
