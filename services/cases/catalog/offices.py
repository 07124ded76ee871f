"""The offices of the networks, and who gives them."""

from collections.abc import Mapping
from typing import Any

from services.cases.catalog.files import read
from services.cases.model.members import DeputyRule, HeldIn, OfficeRule, OfficeRules
from services.kit import datafile


def offices() -> OfficeRules:
    """All roles, with who proposes and approves each; DataFileError where one names a role that is none."""
    file = read("offices")
    found = {row["role"]: _office(row) for row in file["offices"]}
    named = {role for one in found.values() for role in one.propose | one.approve}
    named |= {deputy.role for one in found.values() for deputy in one.deputies}
    if unknown := sorted(named - found.keys()):
        raise datafile.DataFileError(f"services/cases/data/offices.yaml: no office is called {unknown}")
    refusals, ends = ({row["code"]: row["label"] for row in file[name]} for name in ("refusals", "ends"))
    return OfficeRules(found, file["most_months"], refusals, ends)


def _office(row: Mapping[str, Any]) -> OfficeRule:
    return OfficeRule(
        row["role"],
        HeldIn(row["held_in"]),
        row["label"],
        frozenset(row["propose"]),
        frozenset(row["approve"]),
        tuple(DeputyRule(each["role"], frozenset(each["same"])) for each in row["deputies"]),
    )
