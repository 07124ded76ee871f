"""What is published about safety plans."""

from services.cases.catalog.files import read
from services.cases.model.codes import Role
from services.cases.model.safety import SafetyRules, Section
from services.kit import datafile


def safety() -> SafetyRules:
    """Sections, keepers and ends; raises DataFileError for a section that is there twice."""
    file = read("safety")
    sections = {
        row["code"]: Section(row["code"], row["class"], row["heading"], row["hint"])
        for row in file["sections"]
    }
    if len(sections) != len(file["sections"]):
        raise datafile.DataFileError("services/cases/data/safety.yaml: a section is there twice")
    return SafetyRules(
        sections=sections,
        keepers=frozenset(file["keepers"]),
        roles=frozenset(map(Role, file["roles"])),
        review_months=file["review_months"],
        ends={row["code"]: row["label"] for row in file["ends"]},
    )
