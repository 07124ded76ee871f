"""What becomes of an action of the plan, and what a change must say."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from services.cases.model.lifecycle import Lifecycle, Step
from services.cases.model.plan import (
    COMMANDS,
    Amend,
    Assign,
    Cancel,
    CarryOver,
    Close,
    Command,
    Complete,
    Content,
    Decline,
    Fail,
    Planned,
    PlanRules,
    PlanState,
    Proposal,
    Volunteer,
)
from services.cases.rules.lifecycle import step
from services.kit.calendar import add_months
from services.kit.problem import FieldError, Malformed


@dataclass(frozen=True, slots=True)
class Setting:
    """What a change is checked against: the rules, the case's day of opening and agencies, and today."""

    rules: PlanRules
    lifecycle: Lifecycle
    opened_on: date
    agencies: Collection[str]
    today: date


def check_proposal(proposal: Proposal, setting: Setting) -> None:
    """Raises Malformed for a day or an agency that cannot be."""
    errors = [*_due(proposal.due_on, setting), *_agency(proposal.agency, setting)]
    if errors:
        raise Malformed(errors=errors)


def after(planned: Planned, command: Command, setting: Setting) -> tuple[Planned, Step]:
    """The action after a change, and the step that it takes.

    Raises Malformed when the change does not say what it must, TransitionRefused when the action's state
    does not allow it.
    """
    reason = command.reason if isinstance(command, Decline | Fail | Cancel) else None
    errors = list(_wrong(planned, command, setting))
    if errors:
        raise Malformed(errors=errors)
    taken = step(setting.lifecycle, planned.id, planned.state.value, COMMANDS[type(command)], reason)
    changed = replace(_changed(planned, command), version=planned.version + 1)
    return replace(changed, state=PlanState(taken.target)), taken


def content_of(command: Command) -> Content | None:
    """The words that a change replaces, if it does."""
    return command.content if isinstance(command, Amend) else None


def outcome_of(command: Command) -> str | None:
    """What a change says came of the action."""
    return command.outcome if isinstance(command, Complete | Fail) else None


def _changed(planned: Planned, command: Command) -> Planned:
    match command:
        case Amend():
            return replace(planned, due_on=command.due_on, content_version=planned.content_version + 1)
        case Volunteer():
            return replace(planned, agency=command.agency)
        case Assign():
            due = command.due_on or planned.due_on
            return replace(planned, agency=command.agency, member=command.member, due_on=due)
        case Decline():
            said_no = tuple(dict.fromkeys((*planned.declined, command.agency)))
            return replace(planned, agency=None, member=None, declined=said_no)
        case _:
            return _ended(planned, command)


def _ended(planned: Planned, command: Complete | Fail | CarryOver | Close | Cancel) -> Planned:
    match command:
        case Complete():
            return replace(planned, reason=None, outcome_version=planned.version + 1)
        case Fail():
            told = planned.version + 1 if command.outcome is not None else None
            return replace(planned, reason=command.reason, outcome_version=told)
        case CarryOver():
            return replace(
                planned,
                due_on=command.due_on,
                meeting=command.meeting or planned.meeting,
                reason=None,
                reviews=planned.reviews + 1,
            )
        case Close():
            return replace(planned, meeting=command.meeting or planned.meeting)
        case Cancel():
            return replace(planned, reason=command.reason)
        case _:
            assert_never(command)


def _wrong(planned: Planned, command: Command, setting: Setting) -> Iterator[FieldError]:
    if isinstance(command, Decline | Fail | Cancel):
        yield from _reason(command, setting)
    if isinstance(command, Amend | CarryOver) or (isinstance(command, Assign) and command.due_on):
        yield from _due(command.due_on or planned.due_on, setting)
    if isinstance(command, Assign | Volunteer):
        yield from _agency(command.agency, setting)
    if isinstance(command, Volunteer) and planned.agency not in {None, command.agency}:
        yield FieldError("/agency", "asked-of-another", "another agency is asked for this action")
    if isinstance(command, Decline) and planned.agency != command.agency:
        yield FieldError("/agency", "not-asked", "this agency is not asked for the action")


def _reason(command: Decline | Fail | Cancel, setting: Setting) -> Iterator[FieldError]:
    if command.reason not in setting.rules.reasons[COMMANDS[type(command)]]:
        yield FieldError("/reason", "unknown", "there is no such reason for this")


def _due(day: date, setting: Setting) -> Iterator[FieldError]:
    if day < setting.opened_on:
        yield FieldError("/dueOn", "before-the-case", "nothing is due before the case was opened")
    if day > add_months(setting.today, setting.rules.horizon_months):
        reason = f"an action is due within {setting.rules.horizon_months} months"
        yield FieldError("/dueOn", "too-far", reason)


def _agency(agency: str | None, setting: Setting) -> Iterator[FieldError]:
    if agency is not None and agency not in setting.agencies:
        yield FieldError("/agency", "not-in-case", "this agency does not take part in the case")
