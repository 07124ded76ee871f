"""Whether the record of a discussion, and its closing, say what they must."""

from collections.abc import Collection
from datetime import date

from services.cases.model.agenda import Outcome
from services.cases.model.discussions import Said
from services.kit.problem import FieldError, Malformed


def check_said(said: Said, agencies: Collection[str]) -> None:
    """Raises Malformed for what an agency said that there is not; an agency may speak more than once."""
    errors = [
        FieldError(f"/facts/{index}/agency", "unknown", "there is no such agency")
        for index, fact in enumerate(said.facts)
        if fact.agency not in agencies
    ]
    if errors:
        raise Malformed(errors=errors)


def check_follows(outcome: Outcome, review_on: date | None, met_on: date) -> None:
    """Raises Malformed for a review on or before the day of the meeting, or after the case is finished."""
    if review_on is None:
        return
    if outcome is not Outcome.REVIEW:
        raise Malformed(errors=[FieldError("/reviewOn", "not-for-this", "the case does not come back")])
    if review_on <= met_on:
        raise Malformed(errors=[FieldError("/reviewOn", "too-early", "a review is after the meeting")])
