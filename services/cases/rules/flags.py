"""Who is flagged."""

from collections.abc import Sequence
from datetime import date

from services.cases.model.flags import Flag, FlagRule, Verdict, Victimhood
from services.kit.calendar import add_months


def verdict(parts: Sequence[Victimhood], today: date, rule: FlagRule) -> Verdict:
    """Yes for the victim of an open case, for some months from the latest referral.

    As soon as anything about the victim is sealed the answer is no, as for everybody else, and the owners of
    the sealed cases are to be told that somebody asked.
    """
    live = [each for each in parts if each.state in rule.case_states and _lasts(each, today, rule)]
    silent = [each for each in live if each.silent]
    if silent or not live:
        return Verdict(Flag.NO, None, silent)
    latest = max(live, key=lambda each: (each.referred_on, each.case))
    return Verdict(Flag.YES, latest.case, ())


def _lasts(part: Victimhood, today: date, rule: FlagRule) -> bool:
    return part.referred_on <= today < add_months(part.referred_on, rule.months)
