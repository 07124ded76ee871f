"""Whether what an agency tells of an action says what it must; all else is the case register's to say."""

from collections.abc import Iterator

from services.exchange.model.case_problems import AnswerInvalid
from services.exchange.model.casework import ActionReport, Result
from services.kit.problem import FieldError


def check(report: ActionReport) -> None:
    """Raises AnswerInvalid for what is done without an outcome, and not done without a reason."""
    if errors := list(_wrong(report)):
        raise AnswerInvalid(errors=errors)


def _wrong(report: ActionReport) -> Iterator[FieldError]:
    if report.result is Result.NOT_DONE:
        if report.reason is None:
            yield FieldError("/reason", "required", "say why it is not done")
        return
    if report.reason is not None:
        yield FieldError("/reason", "not-for-this", "what is done needs no reason")
    if report.outcome is None or not report.outcome.strip():
        yield FieldError("/outcome", "required", "say what came of it")
