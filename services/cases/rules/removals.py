"""May this measure be kept, and until when does it last?"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta

from services.cases.model.codes import Role
from services.cases.model.lifecycle import Lifecycle, Step
from services.cases.model.removals import Measure, NewRemoval, Removal, RemovalRules, RemovalState, Span
from services.cases.rules import lifecycle as machines
from services.kit.calendar import add_months, is_future, local_date
from services.kit.problem import FieldError, Malformed


def check(rules: RemovalRules, new: NewRemoval, roles: Collection[Role], now: datetime) -> NewRemoval:
    """The measure with its end; raises Malformed with every broken rule.

    ``roles`` are the person's in the case. A measure whose term is counted in hours, and whose end nobody
    told, lasts as long as it may.
    """
    errors = []
    if not roles:
        errors.append(FieldError("/personId", "not-in-case", "the person takes no part in the case"))
    elif Role.THREATENING_PERSON not in roles:
        errors.append(FieldError("/personId", "not-for-role", "measures are about threatening persons"))
    if is_future(new.ordered_at, now):
        errors.append(FieldError("/orderedAt", "future", "it was not ordered yet"))
    measure = rules.measures.get(new.measure)
    if measure is None:
        errors.append(FieldError("/measure", "unknown", f"one of: {', '.join(rules.measures)}"))
        raise Malformed(errors=errors)
    ends_at = new.ends_at or longest(measure, new.ordered_at)
    errors += _end(measure, new.ordered_at, ends_at)
    if errors:
        raise Malformed(errors=errors)
    return replace(new, ends_at=ends_at)


def longest(measure: Measure, ordered_at: datetime) -> datetime | None:
    """When a measure that is counted in hours ends at the latest; None for any other."""
    if measure.most is None or measure.most[0] is not Span.HOURS:
        return None
    return ordered_at + timedelta(hours=measure.most[1])


def _end(measure: Measure, ordered_at: datetime, ends_at: datetime | None) -> list[FieldError]:
    if ends_at is None:
        if measure.most is None:
            return []
        return [FieldError("/endsAt", "required", "the measure has a term: until when does it last?")]
    if ends_at <= ordered_at:
        return [FieldError("/endsAt", "not-after-start", "it ends after it was ordered")]
    if measure.most is not None and _is_beyond(measure.most, ordered_at, ends_at):
        unit, amount = measure.most
        return [FieldError("/endsAt", "too-late", f"at most {amount} {unit.value} ({measure.source})")]
    return []


def _is_beyond(most: tuple[Span, int], ordered_at: datetime, ends_at: datetime) -> bool:
    unit, amount = most
    if unit is Span.HOURS:
        return ends_at > ordered_at + timedelta(hours=amount)
    return local_date(ends_at) > add_months(local_date(ordered_at), amount)


def extended(
    rules: RemovalRules, machine: Lifecycle, removal: Removal, ends_at: datetime
) -> tuple[Removal, Step]:
    """The measure lasts longer, within its longest term; raises TransitionRefused, Malformed."""
    step = machines.step(machine, removal.id, removal.state.value, "extend")
    errors = _end(rules.measures[removal.measure], removal.ordered_at, ends_at)
    if removal.ends_at is not None and ends_at <= removal.ends_at:
        errors.append(FieldError("/endsAt", "not-after-start", "later than it ends already"))
    if errors:
        raise Malformed(errors=errors)
    version = removal.version + 1
    return replace(removal, ends_at=ends_at, extended=removal.extended + 1, version=version), step


def ended(  # noqa: PLR0913, PLR0917 - the facts of one end
    rules: RemovalRules, machine: Lifecycle, removal: Removal, day: date, reason: str, today: date
) -> tuple[Removal, Step]:
    """The measure is over, for a published reason; raises TransitionRefused, Malformed."""
    step = machines.step(machine, removal.id, removal.state.value, "end", reason)
    errors = []
    if reason not in rules.endings:
        errors.append(FieldError("/reason", "unknown", f"one of: {', '.join(rules.endings)}"))
    if day > today:
        errors.append(FieldError("/on", "future", "the day has not come yet"))
    if day < local_date(removal.ordered_at):
        errors.append(FieldError("/on", "before-start", "not before it was ordered"))
    if errors:
        raise Malformed(errors=errors)
    after = replace(removal, state=RemovalState(step.target), ended_on=day, reason=reason)
    return replace(after, version=removal.version + 1), step
