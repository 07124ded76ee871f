"""Who speaks for which agency when a seal is taken off."""

from services.cases.catalog.files import read
from services.cases.model.seals import SealRules
from services.kit import datafile


def seals() -> SealRules:
    """For which agency a role acts; raises DataFileError for an agency that there is not."""
    rules = SealRules({row["role"]: row["agency"] for row in read("seals")["agency_of_role"]})
    known = {row["code"] for row in read("agencies")["agencies"]}
    if unknown := sorted(set(rules.agency_of_role.values()) - known):
        raise datafile.DataFileError(f"services/cases/data/seals.yaml: no such agency: {unknown}")
    return rules
