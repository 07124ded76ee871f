"""When a term ends: counted anew from the facts each time, so it is never older than the last entry."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from services.cases.model.retention import Because, Ending, Erasure, Term, TermFacts
from services.kit.calendar import add_months, age_on

MAJORITY: Final = 18
_YEAR: Final = 12


def ending(facts: TermFacts, term: Term) -> Ending:
    """The first day on which the term is over: of several that are counted, the last.

    For who was a minor at the last entry it is counted from the 18th birthday as well.
    """
    if not facts.is_over:
        return Ending(Because.OPEN, None, None)
    found = Ending(Because.LAST_ENTRY, facts.last_entry, add_months(facts.last_entry, term.years * _YEAR))
    for birth in _minors(facts) if term.from_majority else ():
        grown = add_months(birth, MAJORITY * _YEAR)
        later = add_months(grown, term.years * _YEAR)
        if found.ends_on is not None and later > found.ends_on:
            found = Ending(Because.MAJORITY, grown, later)
    return found


def is_due(end: Ending, today: date) -> bool:
    """Whether the term is over."""
    return end.ends_on is not None and end.ends_on <= today


def is_second(erasure: Erasure, who: str) -> bool:
    """Whether somebody is another person than the one who has agreed."""
    return erasure.agreed_by is not None and erasure.agreed_by != who


def _minors(facts: TermFacts) -> Sequence[date]:
    return [birth for birth in facts.births if age_on(birth, max(birth, facts.last_entry)) < MAJORITY]
