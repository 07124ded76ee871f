"""How the glass is broken."""

from services.cases.catalog.files import read
from services.cases.model.glass import GlassRule
from services.kit import datafile


def glass() -> GlassRule:
    """The rule; raises DataFileError for an agency that there is not."""
    file = read("glass")
    known = {row["code"] for row in read("agencies")["agencies"]}
    if unknown := sorted(set(file["second_agencies"]) - known):
        raise datafile.DataFileError(f"services/cases/data/glass.yaml: no such agency: {unknown}")
    return GlassRule(
        file["login_within_seconds"],
        file["minutes"],
        file["reason_at_least"],
        tuple(file["second_agencies"]),
    )
