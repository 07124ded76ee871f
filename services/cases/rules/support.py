"""Who may be given a case, and who should be asked first."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from services.cases.model.support import Candidate, SupportPerson, SupportRule, Terms
from services.kit.problem import FieldError, Malformed

_LONG_AGO = date(1900, 1, 1)


def check_terms(terms: Terms) -> None:
    """Raises Malformed when the days of the contract do not follow each other, or a language stands twice."""
    errors = []
    start, end = terms.contract_from, terms.contract_to
    if end is not None and (start is None or end <= start):
        errors.append(FieldError("/contractTo", "not-after-start", "the end is later than the first day"))
    if len(set(terms.languages)) != len(terms.languages):
        errors.append(FieldError("/languages", "twice", "a language is named twice"))
    if errors:
        raise Malformed(errors=errors)


def check_training(rule: SupportRule, person: SupportPerson, module: str, on: date, today: date) -> None:
    """Raises Malformed for a module that is not published, was learnt already, or lies in the future."""
    if module not in rule.modules:
        raise Malformed(errors=[FieldError("/module", "unknown", f"one of: {', '.join(rule.modules)}")])
    if module in person.trained:
        raise Malformed(errors=[FieldError("/module", "twice", "the module was completed before")])
    if on > today:
        raise Malformed(errors=[FieldError("/completedOn", "future", "the day has not come yet")])


def obstacles(rule: SupportRule, person: SupportPerson, today: date) -> Iterator[FieldError]:
    """Why somebody cannot be given a case today."""
    needed = [one.code for one in rule.modules.values() if one.is_obligatory]
    missing = [code for code in needed if code not in person.trained]
    if missing:
        yield FieldError("/supportPerson", "not-trained", f"not completed: {', '.join(missing)}")
    start, end = person.terms.contract_from, person.terms.contract_to
    if start is None or today < start or (end is not None and today >= end):
        yield FieldError("/supportPerson", "no-contract", "there is no contract on this day")
    if person.active >= person.terms.places:
        yield FieldError("/supportPerson", "no-place", "stands by as many cases as agreed")


def ranked(
    rule: SupportRule, people: Iterable[SupportPerson], language: str | None, today: date
) -> Sequence[Candidate]:
    """Those who can be given a case today, in the order in which to ask them.

    Who speaks the victim's language comes first, then who has more free places, then whose last case began
    longest ago.
    """
    free = [person for person in people if not any(obstacles(rule, person, today))]
    candidates = [
        Candidate(
            person,
            None if language is None else language in person.terms.languages,
            person.terms.places - person.active,
        )
        for person in free
    ]
    return sorted(candidates, key=_order)


def _order(candidate: Candidate) -> tuple[bool, int, date, str]:
    person = candidate.person
    return (
        candidate.speaks is False,
        -candidate.free_places,
        person.last_assigned_on or _LONG_AGO,
        str(person.id),
    )


def check_end(  # noqa: PLR0913 - the facts of one end
    rule: SupportRule, reason: str, started_on: date, ended_on: date, today: date, *, is_handed_over: bool
) -> None:
    """Raises Malformed when an assignment cannot end on that day for that reason."""
    errors = []
    if reason not in rule.end_reasons:
        errors.append(FieldError("/reason", "unknown", f"one of: {', '.join(rule.end_reasons)}"))
    if is_handed_over != (reason == "handed-over"):
        said = "a hand-over names who goes on, and nothing else does"
        errors.append(FieldError("/handOverTo", "does-not-fit", said))
    if ended_on < started_on:
        errors.append(FieldError("/endedOn", "before-start", "not before the assignment began"))
    if ended_on > today:
        errors.append(FieldError("/endedOn", "future", "the day has not come yet"))
    if errors:
        raise Malformed(errors=errors)
