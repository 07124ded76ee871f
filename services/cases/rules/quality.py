"""What an observation must say."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from services.cases.model.quality import Found, Observed, QualityRules
from services.cases.rules.starts import check_text
from services.kit.calendar import add_months
from services.kit.problem import FieldError, Malformed

CLOCK: Final = "recommendation"


def check(observed: Observed, rules: QualityRules, today: date) -> None:
    """Raises Malformed unless each principle is there once, with evidence where it is rated; names nobody."""
    errors = [*_whole(observed, rules, today)]
    for place, found in enumerate(observed.found):
        errors += _found(f"/findings/{place}", found, observed, rules)
    if errors:
        raise Malformed(errors=errors)
    for place, found in enumerate(observed.found):
        if found.evidence is not None:
            check_text(f"/findings/{place}/evidence", found.evidence)
        if found.recommended is not None:
            check_text(f"/findings/{place}/recommendation/text", found.recommended.text)


def _whole(observed: Observed, rules: QualityRules, today: date) -> Iterator[FieldError]:
    if observed.met_on > today:
        yield FieldError("/metOn", "future", "the day has not come yet")
    if observed.observer not in rules.observers:
        yield FieldError("/observer", "unknown", f"one of: {', '.join(rules.observers)}")
    seen = [found.principle for found in observed.found]
    if len(set(seen)) != len(seen):
        yield FieldError("/findings", "twice", "a principle is there once")
    if missing := [code for code in rules.principles if code not in seen]:
        yield FieldError("/findings", "required", f"missing: {', '.join(missing)}")


def _found(place: str, found: Found, observed: Observed, rules: QualityRules) -> Iterator[FieldError]:
    if found.principle not in rules.principles:
        yield FieldError(f"{place}/principle", "unknown", f"one of: {', '.join(rules.principles)}")
    if found.rating is not None and found.rating not in rules.ratings:
        yield FieldError(f"{place}/rating", "unknown", f"one of: {', '.join(map(str, rules.ratings))}")
    if (found.rating is None) != (found.evidence is None):
        yield FieldError(f"{place}/evidence", "required", "a rating has its evidence, and no rating has none")
    told = found.recommended
    if told is None:
        return
    if told.owner not in rules.owners:
        owners = ", ".join(sorted(rules.owners))
        yield FieldError(f"{place}/recommendation/owner", "unknown", f"one of: {owners}")
    if not observed.met_on < told.due_on <= add_months(observed.met_on, rules.horizon_months):
        said = f"after the meeting, and within {rules.horizon_months} months"
        yield FieldError(f"{place}/recommendation/dueOn", "period", said)
