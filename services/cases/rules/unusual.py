"""What is out of the ordinary about an access."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from services.cases.model.ids import CaseId
from services.cases.model.unusual import Came, Cases, Unusual, UnusualRules
from services.kit.calendar import TALLINN
from services.kit.workdays import Holidays


def is_looked_at(came: Came, rules: UnusualRules) -> bool:
    """Whether it is a read of a single thing that no other alarm tells of."""
    return not came.refused and came.operation in rules.operations and not came.rules & rules.except_rules


def of_reading(
    came: Came, cases: Cases, rules: UnusualRules, holidays: Holidays, agency_of_role: Mapping[str, str]
) -> Iterator[Unusual]:
    """Reads at night or from elsewhere; of one member, case and day each is told once."""
    day = came.at.astimezone(TALLINN).date()
    for handle in came.handles:
        if handle not in cases:
            continue
        case, region = cases[handle]
        told = []
        if is_out_of_hours(came.at, rules, holidays):
            told.append(rules.out_of_hours)
        if f"region={region}" not in came.attributes:
            told.append(rules.out_of_region)
        for rule in told:
            source = f"{rule}/{came.actor}/{case}/{day}"
            yield Unusual(rule, case, came.actor, own(came, agency_of_role), came.at, source)


def of_many(
    came: Came, case: CaseId, region: str, rules: UnusualRules, agency_of_role: Mapping[str, str]
) -> Unusual:
    """More cases in an hour than usual: told once in each region, of the case that was one more."""
    source = f"{rules.many_cases}/{came.actor}/{region}/{hour_of(came.at).isoformat()}"
    return Unusual(rules.many_cases, case, came.actor, own(came, agency_of_role), came.at, source)


def of_attempt(came: Came, case: CaseId, rules: UnusualRules, agency_of_role: Mapping[str, str]) -> Unusual:
    """Somebody tried a case that is kept from them; told once a day."""
    source = f"{rules.closed}/{came.actor}/{case}/{came.at.astimezone(TALLINN).date()}"
    return Unusual(rules.closed, case, came.actor, own(came, agency_of_role), came.at, source)


def is_out_of_hours(at: datetime, rules: UnusualRules, holidays: Holidays) -> bool:
    """Before or after the hours of a workday, or on a day that is none."""
    local = at.astimezone(TALLINN)
    minute = (local.hour, local.minute)
    opens, closes = ((bound.hour, bound.minute) for bound in (rules.opens, rules.closes))
    return not (holidays.is_working(local.date()) and opens <= minute < closes)


def hour_of(at: datetime) -> datetime:
    """The hour of the clock."""
    return at.replace(minute=0, second=0, microsecond=0)


def own(came: Came, agency_of_role: Mapping[str, str]) -> frozenset[str]:
    """The agencies for which somebody came."""
    held = {text.partition("=")[2] for text in came.attributes if text.startswith("agency=")}
    return frozenset(held | {agency_of_role[role] for role in came.roles if role in agency_of_role})
