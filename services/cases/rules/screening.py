"""Does a screening say what it must?"""

from collections.abc import Container, Iterator

from services.cases.model.codes import Decision
from services.cases.model.published import Reasons
from services.cases.model.states import Screening
from services.kit.problem import FieldError, Malformed


def check(screening: Screening, *, reasons: Reasons, agencies: Container[str]) -> None:
    """Raises Malformed when reason and agencies do not fit the decision."""
    errors = [*_reason(screening, reasons), *_agencies(screening, agencies)]
    if errors:
        raise Malformed(errors=errors)


def _reason(screening: Screening, reasons: Reasons) -> Iterator[FieldError]:
    if screening.decision is Decision.ACCEPT:
        if screening.reason is not None:
            yield FieldError("/reason", "not-for-accept", "an acceptance has no reason code")
    elif screening.reason is None:
        yield FieldError("/reason", "required", "this decision needs a reason")
    elif (screening.decision, screening.reason) not in reasons:
        yield FieldError("/reason", "unknown", "there is no such reason for this decision")


def _agencies(screening: Screening, agencies: Container[str]) -> Iterator[FieldError]:
    if screening.agencies and screening.decision is not Decision.ACCEPT:
        yield FieldError("/agencies", "only-for-accept", "agencies take part in accepted cases only")
    for index, code in enumerate(screening.agencies):
        if code not in agencies:
            yield FieldError(f"/agencies/{index}", "unknown", "there is no such agency")
        elif code in screening.agencies[:index]:
            yield FieldError(f"/agencies/{index}", "twice", "the agency is named twice")
