"""Does a screening say what it must?"""

from collections.abc import Container, Iterator, Mapping

from services.cases.model.codes import Decision
from services.cases.model.published import Reasons
from services.cases.model.states import Screening
from services.kit.problem import FieldError, Malformed


def check(
    screening: Screening,
    *,
    reasons: Reasons,
    agencies: Container[str],
    to: Mapping[str, Container[str]],
    types: Container[str],
) -> None:
    """Raises Malformed when reason, agencies and destination do not fit the decision.

    Args:
        screening: as told.
        reasons: the published reasons.
        agencies: the agencies that sit in networks today.
        to: the regions and services to which a referral can be sent.
        types: the published types of cases.
    """
    errors = [*_reason(screening, reasons), *_agencies(screening, agencies), *_to(screening, reasons, to)]
    errors += _type(screening, types)
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


def _type(screening: Screening, types: Container[str]) -> Iterator[FieldError]:
    if screening.case_type is None:
        return
    if screening.decision is not Decision.ACCEPT:
        yield FieldError("/caseType", "only-for-accept", "only a case has a type")
    elif screening.case_type not in types:
        yield FieldError("/caseType", "unknown", "there is no such type of cases")


def _to(screening: Screening, reasons: Reasons, known: Mapping[str, Container[str]]) -> Iterator[FieldError]:
    reason = None if screening.reason is None else reasons.get((screening.decision, screening.reason))
    asked = None if reason is None else reason.to
    if asked is None:
        if screening.to is not None:
            yield FieldError("/to", "not-for-reason", "this decision sends the referral nowhere")
    elif screening.to is None:
        yield FieldError("/to", "required", f"say to which {asked}")
    elif screening.to not in known[asked]:
        yield FieldError("/to", "unknown", f"there is no such {asked}, or it is not at work")


def _agencies(screening: Screening, agencies: Container[str]) -> Iterator[FieldError]:
    if screening.agencies and screening.decision is not Decision.ACCEPT:
        yield FieldError("/agencies", "only-for-accept", "agencies take part in accepted cases only")
    for index, code in enumerate(screening.agencies):
        if code not in agencies:
            yield FieldError(f"/agencies/{index}", "unknown", "there is no such agency")
        elif code in screening.agencies[:index]:
            yield FieldError(f"/agencies/{index}", "twice", "the agency is named twice")
