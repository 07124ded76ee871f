"""By when the municipality decides about a notice of a child, and what may be told of that."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from services.cases.model.children import ChildNotice, NoticeDecision
from services.cases.model.clocks import Clocks, Term
from services.cases.model.codes import ChildNoticeState
from services.cases.model.published import ChildNoticeRule
from services.cases.rules.clocks import term
from services.kit.calendar import local_date
from services.kit.problem import FieldError

CHILD_DECISION: Final = "child-notice-decision"


def decision_term(clocks: Clocks, notice: ChildNotice) -> Term | None:
    """The days that the municipality has from the day on which the notice left; None while it has not."""
    if notice.state is not ChildNoticeState.LEFT or notice.settled_at is None:
        return None
    left_on = local_date(notice.settled_at)
    return term(clocks.rules[CHILD_DECISION], left_on, left_on, clocks)


def decision_errors(
    decision: NoticeDecision, notice: ChildNotice, rule: ChildNoticeRule, today: date
) -> Iterator[FieldError]:
    """What is wrong with a decision as it is told."""
    if decision.code not in rule.decisions:
        yield FieldError("/decision", "unknown", "there is no such decision")
    if decision.decided_on > today:
        yield FieldError("/decidedOn", "future", "it is not decided yet")
    elif notice.settled_at is not None and decision.decided_on < local_date(notice.settled_at):
        yield FieldError("/decidedOn", "before-notice", "the notice had not left on that day")
