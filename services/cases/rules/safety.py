"""What a safety plan must say, and what becomes of it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from services.cases.model.lifecycle import Lifecycle, Step
from services.cases.model.safety import SafetyPlan, SafetyRules, SafetyState, Texts
from services.cases.rules.lifecycle import step
from services.kit.calendar import add_months
from services.kit.problem import FieldError, Malformed


def texts(sections: Sequence[tuple[str, str]], rules: SafetyRules) -> Texts:
    """The texts by section; raises Malformed for a section that is not published or there twice."""
    errors = list(_sections(sections, rules))
    if errors:
        raise Malformed(errors=errors)
    return dict(sections)


def amended(plan: SafetyPlan, lifecycle: Lifecycle) -> tuple[SafetyPlan, Step]:
    """The plan with other words: nobody has agreed to them yet. Raises TransitionRefused."""
    taken = step(lifecycle, plan.id, plan.state.value, "amend")
    return replace(_after(plan, taken), content_version=plan.content_version + 1), taken


def agreed(
    plan: SafetyPlan, days: tuple[date, date], rules: SafetyRules, lifecycle: Lifecycle, today: date
) -> tuple[SafetyPlan, Step]:
    """The plan as the victim agrees to it on the first day, until it is looked at on the second.

    Raises Malformed for days that cannot be, TransitionRefused.
    """
    on, review_on = days
    errors = list(_days(on, review_on, rules, today))
    if errors:
        raise Malformed(errors=errors)
    taken = step(lifecycle, plan.id, plan.state.value, "agree")
    after = replace(_after(plan, taken), agreed_on=on, review_on=review_on)
    return replace(after, agreed_version=plan.content_version), taken


def ended(
    plan: SafetyPlan, reason: str, *, rules: SafetyRules, lifecycle: Lifecycle
) -> tuple[SafetyPlan, Step]:
    """The plan that nobody follows any more. Raises Malformed for an unknown reason, TransitionRefused."""
    if reason not in rules.ends:
        raise Malformed(errors=[FieldError("/reason", "unknown", "there is no such reason for this")])
    taken = step(lifecycle, plan.id, plan.state.value, "end", reason)
    return replace(_after(plan, taken), reason=reason, review_on=None), taken


def _after(plan: SafetyPlan, taken: Step) -> SafetyPlan:
    return replace(plan, state=SafetyState(taken.target), version=plan.version + 1)


def _sections(sections: Sequence[tuple[str, str]], rules: SafetyRules) -> Iterator[FieldError]:
    codes = [code for code, _ in sections]
    for place, code in enumerate(codes):
        if code not in rules.sections:
            yield FieldError(f"/sections/{place}/code", "unknown", "there is no such section")
        elif code in codes[:place]:
            yield FieldError(f"/sections/{place}/code", "twice", "the section is there twice")


def _days(on: date, review_on: date, rules: SafetyRules, today: date) -> Iterator[FieldError]:
    if on > today:
        yield FieldError("/agreedOn", "future", "nobody has agreed to it yet on that day")
    if review_on <= on:
        yield FieldError("/reviewOn", "before-agreement", "it is reviewed after the day of agreement")
    if review_on > add_months(today, rules.review_months):
        reason = f"a plan is reviewed within {rules.review_months} months"
        yield FieldError("/reviewOn", "too-far", reason)
