"""The published data of this service, read once and turned into things."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from services.cases.model.clocks import ClockRule, Clocks, Confidence, Direction, Unit
from services.cases.model.codes import AgeBand, Decision, EventType, Ground, Role, State
from services.cases.model.disclosures import Act, DisclosureRules, Receiver
from services.cases.model.flags import FlagRule
from services.cases.model.matching import Agreement, MatchingRule, MergeReason, Spelling, Verdict
from services.cases.model.published import (
    AgeBorders,
    Ages,
    CallOutRule,
    ChildNoticeRule,
    Label,
    NoticeRule,
    Reason,
    Reasons,
    Region,
    Regions,
    Transition,
    Transitions,
)
from services.cases.model.records import Category, Listed
from services.cases.rules.matching import weight_of
from services.kit import datafile
from services.kit.calendar import parse_date
from services.kit.workdays import Holidays

PACKAGE = "services.cases"


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything published, file by file."""

    regions: Regions
    agencies: Mapping[str, Label]
    reasons: Reasons
    withdrawals: Mapping[str, Label]
    transitions: Transitions
    start: State
    ages: Ages
    notices: Mapping[EventType, NoticeRule]
    child_notice: ChildNoticeRule
    disclosures: DisclosureRules
    call_outs: CallOutRule
    flags: FlagRule
    clocks: Clocks
    listed: Listed
    matching: MatchingRule
    codes: Mapping[str, Mapping[str, Label]]


@cache
def load() -> Catalog:
    """Reads and checks ``data/``; raises DataFileError, which says what to mend."""
    transitions = _read("transitions")
    return Catalog(
        regions={row["code"]: _region(row) for row in _read("regions")["regions"]},
        agencies={row["code"]: row["label"] for row in _read("agencies")["agencies"]},
        reasons=_reasons(),
        withdrawals={row["code"]: row["label"] for row in _read("reasons")["withdrawals"]},
        transitions=_transitions(transitions["transitions"]),
        start=State(transitions["start"]),
        ages=_ages(_read("ages")),
        notices=_notices(),
        child_notice=_child_notice(),
        disclosures=_disclosures(),
        call_outs=_call_outs(),
        flags=_flags(),
        clocks=_clocks(),
        listed=_listed(),
        matching=_matching(),
        codes=_read("codes")["lists"],
    )


def _read(name: str) -> Any:  # noqa: ANN401 - its JSON Schema says what it is
    return datafile.load(PACKAGE, f"{name}.yaml", f"{name}.schema.json")


def _region(row: Mapping[str, Any]) -> Region:
    ends = parse_date(row["valid_to"]) if "valid_to" in row else None
    return Region(row["code"], row["label"], row["county"], parse_date(row["valid_from"]), ends)


def _reasons() -> Reasons:
    found = (
        Reason(row["code"], Decision(row["decision"]), row["label"]) for row in _read("reasons")["reasons"]
    )
    return {(reason.decision, reason.code): reason for reason in found}


def _transitions(rows: list[dict[str, Any]]) -> Transitions:
    found = (
        Transition(row["action"], State(row["from"]), State(row["to"]), _event(row["event"])) for row in rows
    )
    return {(each.source, each.action): each for each in found}


def _event(name: str | None) -> EventType | None:
    return None if name is None else EventType(name)


def _ages(file: Mapping[str, Any]) -> Ages:
    bands = tuple(AgeBorders(AgeBand(row["code"]), row["from"], row["below"]) for row in file["bands"])
    ends = [band.below for band in bands]
    if [band.start for band in bands] != [0, *ends[:-1]] or ends[-1] is not None:
        raise datafile.DataFileError("services/cases/data/ages.yaml: the bands leave a gap or overlap")
    return Ages(file["adult_from"], bands)


def _notices() -> Mapping[EventType, NoticeRule]:
    rules = (
        NoticeRule(row["kind"], frozenset(map(EventType, row["events"])), frozenset(row["fields"]))
        for row in _read("notices")["notices"]
        if row["recipient"] == "sender"
    )
    return {event: rule for rule in rules for event in rule.events}


def _child_notice() -> ChildNoticeRule:
    [row] = [row for row in _read("notices")["notices"] if row["recipient"] == "municipality"]
    return ChildNoticeRule(
        frozenset(map(Role, row["roles"])),
        frozenset(row["fields"]),
        {each["code"]: each["label"] for each in row["stop_reasons"]},
    )


def _call_outs() -> CallOutRule:
    file = _read("callouts")
    return CallOutRule(file["version"], Ground(file["ground"]), file["at_least"])


def _disclosures() -> DisclosureRules:
    file = _read("disclosures")
    acts = {Act(row["code"]): row["label"] for row in file["actions"]}
    if missing := sorted(set(Act) - acts.keys()):
        raise datafile.DataFileError(f"services/cases/data/disclosures.yaml: no words for {missing}")
    receivers = {row["code"]: row["label"] for row in file["receivers"]}
    return DisclosureRules(acts, receivers, Receiver(**file["child_notice"]), Receiver(**file["call_outs"]))


def _flags() -> FlagRule:
    file = _read("flags")
    return FlagRule(file["months"], frozenset(file["case_states"]))


def _clocks() -> Clocks:
    file = _read("clocks")
    rules = {row["code"]: _clock(row) for row in file["clocks"]}
    if len(rules) != len(file["clocks"]):
        raise datafile.DataFileError("services/cases/data/clocks.yaml: a code is there twice")
    return Clocks(rules, _holidays(), file["late_after_days"])


def _clock(row: Mapping[str, Any]) -> ClockRule:
    kinds = {
        "unit": Unit(row["unit"]),
        "direction": Direction(row["direction"]),
        "confidence": Confidence(row["confidence"]),
    }
    return ClockRule(**{**row, **kinds})


def _holidays() -> Holidays:
    file = _read("holidays")
    fixed = ((int(row["day"][:2]), int(row["day"][3:])) for row in file["fixed"])
    return Holidays(frozenset(fixed), frozenset(row["days"] for row in file["from_easter"]))


def _listed() -> Listed:
    file = _read("categories")
    words = {name: file[name] for name in ("confidences", "sources", "retractions", "removals")}
    return Listed(
        version=file["version"],
        categories={row["code"]: _category(row) for row in file["categories"]},
        **words,
    )


def _category(row: Mapping[str, Any]) -> Category:
    return Category(
        code=row["code"],
        label=row["label"],
        law=row["law"],
        field_class=row["class"],
        roles=frozenset(map(Role, row["roles"])),
        required=frozenset(row.get("required", ())),
        optional=frozenset(row.get("optional", ())),
        kinds=row.get("kinds", {}),
        confidence=row.get("confidence", False),
    )


def _matching() -> MatchingRule:
    file = _read("matching")
    prior = Decimal(file["prior"])
    return MatchingRule(
        version=file["version"],
        start=weight_of(prior, 1 - prior),
        weights={
            name: {
                Agreement(agreement): weight_of(Decimal(row["m"]), Decimal(row["u"]))
                for agreement, row in rows.items()
            }
            for name, rows in file["fields"].items()
        },
        verdicts=[(Verdict(code), Decimal(row["from"])) for code, row in file["verdicts"].items()],
        spelling=Spelling(
            letters=[(letter, written) for letter, written in file["spelling"]["letters"]],
            variants=file["spelling"]["variants"],
        ),
        reasons={
            code: MergeReason(row["label"], row["bridges_codes"]) for code, row in file["reasons"].items()
        },
        refusals=file["refusals"],
        undoings=file["undoings"],
    )
