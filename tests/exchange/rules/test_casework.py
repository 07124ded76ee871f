"""What an agency tells of an action says what it must."""

from uuid import UUID

import pytest

from services.exchange.model.case_problems import AnswerInvalid
from services.exchange.model.casework import ActionReport, Result
from services.exchange.rules.casework import check

ACTION = UUID(int=1)


@pytest.mark.parametrize(
    ("result", "reason", "outcome", "wrong"),
    [
        (Result.DONE, None, "Tehtud.", []),
        (Result.NOT_DONE, "no-contact", None, []),
        (Result.DONE, None, "  ", [("/outcome", "required")]),
        (Result.DONE, "no-contact", None, [("/reason", "not-for-this"), ("/outcome", "required")]),
        (Result.NOT_DONE, None, "Ei saanud.", [("/reason", "required")]),
    ],
)
def test_what_must_be_said(
    result: Result, reason: str | None, outcome: str | None, wrong: list[tuple[str, str]]
) -> None:
    report = ActionReport(ACTION, 1, result, reason, outcome)
    if not wrong:
        check(report)
        return
    with pytest.raises(AnswerInvalid) as caught:
        check(report)
    assert [(each.pointer, each.code) for each in caught.value.errors] == wrong
