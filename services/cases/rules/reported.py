"""Whether the report of an incident makes sense, and in which case it is written down."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime

from services.cases.model.reported import Candidate, Report, ReportedRule
from services.kit import personal_code
from services.kit.calendar import add_months, is_future
from services.kit.problem import FieldError


def broken(report: Report, at: datetime, kinds: Collection[str]) -> Sequence[FieldError]:
    """Every rule that a report breaks, in the words of ``exchange``, which has checked it before."""
    return list(_broken(report, at, kinds))


def _broken(report: Report, at: datetime, kinds: Collection[str]) -> Iterator[FieldError]:
    if report.kind not in kinds:
        yield FieldError("/kind", "unknown", "there is no such kind of incident")
    if is_future(report.occurred_at, at):
        yield FieldError("/occurredAt", "future", "it has not happened yet")
    people = [("/victim", report.victim)]
    people += [(f"/threateningPersons/{place}", code) for place, code in enumerate(report.threatening)]
    seen: set[str] = set()
    for place, code in people:
        try:
            personal_code.parse(code)
        except personal_code.PersonalCodeError as error:
            yield FieldError(place, error.code, str(error))
        if code in seen:
            yield FieldError(place, "twice", "the person is named twice")
        seen.add(code)


def chosen(candidates: Sequence[Candidate], on: date, rule: ReportedRule) -> Candidate | None:
    """The case to write it down in: that of the same pair of people, then the latest; None without one.

    Args:
        candidates: the victim's cases.
        on: the day of the incident.
        rule: as published.
    """
    live = [each for each in candidates if each.state in rule.case_states or _recent(each, on, rule)]
    return max(live, key=lambda each: (each.same_pair, each.referred_on, each.case), default=None)


def proposes(chosen: Candidate) -> bool:
    """Whether it may be a repeat: unless the threatening persons are known to be others."""
    return not chosen.other_pair


def _recent(candidate: Candidate, on: date, rule: ReportedRule) -> bool:
    return on < add_months(candidate.referred_on, rule.months)
