"""Who is told what: notices, disclosures, flags, call-outs."""

from collections.abc import Mapping

from services.cases.catalog.files import read
from services.cases.model.codes import EventType, Ground, Role
from services.cases.model.disclosures import Act, DisclosureRules, Receiver
from services.cases.model.flags import FlagRule
from services.cases.model.published import (
    CallOutRule,
    ChildNoticeRule,
    NoticeRule,
)
from services.cases.model.reported import ReportedRule
from services.cases.model.usage import UsageAction, UsageRules
from services.kit import datafile


def notices() -> Mapping[EventType, NoticeRule]:
    """What a sender is told, by the event upon which it is told."""
    rules = (
        NoticeRule(row["kind"], frozenset(map(EventType, row["events"])), frozenset(row["fields"]))
        for row in read("notices")["notices"]
        if row["recipient"] == "sender"
    )
    return {event: rule for rule in rules for event in rule.events}


def child_notice() -> ChildNoticeRule:
    """Of which children the municipality is told, and what."""
    [row] = [row for row in read("notices")["notices"] if row["recipient"] == "municipality"]
    return ChildNoticeRule(
        frozenset(map(Role, row["roles"])),
        frozenset(row["fields"]),
        {each["code"]: each["label"] for each in row["stop_reasons"]},
        {each["code"]: each["label"] for each in row["decisions"]},
    )


def call_outs() -> CallOutRule:
    """From how many call-outs on they are a ground."""
    file = read("callouts")
    return CallOutRule(file["version"], Ground(file["ground"]), file["at_least"])


def disclosures() -> DisclosureRules:
    """The words of disclosures and their receivers; raises DataFileError for a missing one."""
    file = read("disclosures")
    acts = {Act(row["code"]): row["label"] for row in file["actions"]}
    if missing := sorted(set(Act) - acts.keys()):
        raise datafile.DataFileError(f"services/cases/data/disclosures.yaml: no words for {missing}")
    receivers = {row["code"]: row["label"] for row in file["receivers"]}
    named = (Receiver(**file[name]) for name in ("child_notice", "call_outs", "subject_access"))
    return DisclosureRules(acts, receivers, *named)


def flags() -> FlagRule:
    """How long, and in which states of a case, a victim is flagged."""
    file = read("flags")
    return FlagRule(file["months"], frozenset(file["case_states"]))


def reported() -> ReportedRule:
    """In which cases an incident is written down that an agency reports."""
    file = read("reported")
    return ReportedRule(file["months"], frozenset(file["case_states"]))


def usage() -> UsageRules:
    """Why a person may see the usage of their data, or may not."""
    file = read("usage")
    return UsageRules(
        {
            action: {each["code"]: each["label"] for each in file[f"{action}_reasons"]}
            for action in UsageAction
        }
    )
