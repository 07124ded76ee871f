"""The words and days of monitoring and evaluation."""

from typing import Any

from services.cases.catalog.files import read
from services.cases.model.clocks import Clocks
from services.cases.model.monitoring import MonitoringRule
from services.kit import datafile

_LISTS = (
    "closing_reasons",
    "reopening_reasons",
    "early_end_reasons",
    "skip_reasons",
    "situations",
    "incident_kinds",
    "retraction_reasons",
    "goals",
    "outcomes",
    "views",
)


def monitoring(clocks: Clocks) -> MonitoringRule:
    """The published rule; raises DataFileError for a checkpoint that is no clock."""
    file: dict[str, Any] = read("monitoring")
    if missing := [code for code in file["checkpoints"] if code not in clocks.rules]:
        raise datafile.DataFileError(f"services/cases/data/monitoring.yaml: no clocks of the names {missing}")
    words = {name: {row["code"]: row["label"] for row in file[name]} for name in _LISTS}
    return MonitoringRule(file["period_months"], tuple(file["checkpoints"]), **words)
