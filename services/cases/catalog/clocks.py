"""Clock rules and public holidays."""

from collections.abc import Mapping
from typing import Any

from services.cases.catalog.files import read
from services.cases.model.clocks import ClockRule, Clocks, Confidence, Direction, Unit
from services.kit import datafile
from services.kit.workdays import Holidays


def clocks() -> Clocks:
    """Every clock rule by its code, and the public holidays; raises DataFileError."""
    file = read("clocks")
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
    file = read("holidays")
    fixed = ((int(row["day"][:2]), int(row["day"][3:])) for row in file["fixed"])
    return Holidays(frozenset(fixed), frozenset(row["days"] for row in file["from_easter"]))
