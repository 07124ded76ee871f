"""What is published of the observation of meetings."""

from typing import Any

from services.cases.catalog.files import read
from services.cases.model.quality import QualityRules


def quality() -> QualityRules:
    """Principles, ratings, observers and owners."""
    file: dict[str, Any] = read("quality")
    words = {
        name: {row["code"]: row["label"] for row in file[name]}
        for name in ("principles", "observers", "decline_reasons")
    }
    return QualityRules(
        ratings={row["value"]: row["label"] for row in file["ratings"]},
        owners=frozenset(file["owners"]),
        horizon_months=file["horizon_months"],
        **words,
    )
