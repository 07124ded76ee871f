"""The published measures that keep the threatening person away."""

from typing import Any

from services.cases.catalog.files import read
from services.cases.model.clocks import Confidence
from services.cases.model.removals import Measure, RemovalRules, Span
from services.kit import datafile


def removals() -> RemovalRules:
    """Measures, outcomes and endings; raises DataFileError for a measure that is there twice."""
    file: dict[str, Any] = read("removals")
    measures = {row["code"]: _measure(row) for row in file["measures"]}
    if len(measures) != len(file["measures"]):
        raise datafile.DataFileError("services/cases/data/removals.yaml: a measure is there twice")
    return RemovalRules(
        caller=file["caller"],
        measures=measures,
        outcomes={row["code"]: row["label"] for row in file["outcomes"]},
        settling=frozenset(row["code"] for row in file["outcomes"] if row["settles"]),
        endings={row["code"]: row["label"] for row in file["endings"]},
    )


def _measure(row: dict[str, Any]) -> Measure:
    most = None if row["most"] is None else (Span(row["most"]["unit"]), int(row["most"]["amount"]))
    return Measure(row["code"], row["label"], most, row["source"], Confidence(row["confidence"]))
