"""What referrals are read by: regions, ages, transitions, reasons."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.cases.catalog.files import read
from services.cases.model.codes import AgeBand, Decision, EventType, State
from services.cases.model.published import (
    AgeBorders,
    Ages,
    Reason,
    Reasons,
    Region,
    Transition,
    Transitions,
)
from services.kit import datafile
from services.kit.calendar import parse_date


def region(row: Mapping[str, Any]) -> Region:
    """One regional network."""
    names = tuple(row.get("other_names", ()))
    return Region(row["code"], row["label"], row["county"], *span(row), names, row["source"])


def span(row: Mapping[str, Any]) -> tuple[date, date | None]:
    """From when until when (exclusive; None = no end) a row of a list holds."""
    return parse_date(row["valid_from"]), parse_date(row["valid_to"]) if "valid_to" in row else None


def reasons() -> Reasons:
    """Why referrals do not become cases, by decision and code."""
    found = (
        Reason(row["code"], Decision(row["decision"]), row["label"], row.get("to"))
        for row in read("reasons")["reasons"]
    )
    return {(reason.decision, reason.code): reason for reason in found}


def transitions(rows: list[dict[str, Any]]) -> Transitions:
    """What may become of a referral, by state and action."""
    found = (
        Transition(row["action"], State(row["from"]), State(row["to"]), _event(row["event"])) for row in rows
    )
    return {(each.source, each.action): each for each in found}


def _event(name: str | None) -> EventType | None:
    return None if name is None else EventType(name)


def ages(file: Mapping[str, Any]) -> Ages:
    """The bands of ages; raises DataFileError where they leave a gap or overlap."""
    bands = tuple(AgeBorders(AgeBand(row["code"]), row["from"], row["below"]) for row in file["bands"])
    ends = [band.below for band in bands]
    if [band.start for band in bands] != [0, *ends[:-1]] or ends[-1] is not None:
        raise datafile.DataFileError("services/cases/data/ages.yaml: the bands leave a gap or overlap")
    return Ages(file["adult_from"], bands)
