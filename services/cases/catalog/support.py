"""The words and rules of support persons."""

from typing import Any

from services.cases.catalog.files import read
from services.cases.model.support import Module, SupportRule

_LISTS = (
    "end_reasons",
    "contact_channels",
    "contact_kinds",
    "contact_outcomes",
    "contact_retractions",
    "report_returns",
    "supervision_kinds",
)


def support() -> SupportRule:
    """The published rule."""
    file: dict[str, Any] = read("support")
    modules = {row["code"]: Module(row["code"], row["label"], row["obligatory"]) for row in file["modules"]}
    words = {name: {row["code"]: row["label"] for row in file[name]} for name in _LISTS}
    return SupportRule(file["usual_places"], modules, **words)
