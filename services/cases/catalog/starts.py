"""The implementation standard."""

from services.cases.catalog.files import read
from services.cases.model.starts import Standard, StandardItem
from services.kit import datafile


def standard() -> Standard:
    """Milestones, their items, and topics of advice; DataFileError where one names what is not there."""
    file = read("implementation")
    milestones = {row["code"]: row["label"] for row in file["milestones"]}
    items = {
        row["code"]: StandardItem(row["code"], row["milestone"], row["obligatory"], row["label"])
        for row in file["items"]
    }
    if len(items) != len(file["items"]) or {item.milestone for item in items.values()} != milestones.keys():
        raise datafile.DataFileError(
            "services/cases/data/implementation.yaml: every item stands once, every milestone has items"
        )
    return Standard(milestones, items, {row["code"]: row["label"] for row in file["topics"]})
