"""The published types of cases."""

from typing import Any

from services.cases.catalog.files import read
from services.cases.model.casetypes import CaseType, CaseTypes, RoleRule
from services.cases.model.codes import Role
from services.kit import datafile

_FILE = "services/cases/data/casetypes.yaml"


def casetypes() -> CaseTypes:
    """All types; raises DataFileError for one that is there twice, a default or a clock that is not."""
    file: dict[str, Any] = read("casetypes")
    types = {row["code"]: _type(row) for row in file["types"]}
    if len(types) != len(file["types"]) or file["default"] not in types:
        raise datafile.DataFileError(f"{_FILE}: a type is there twice, or the default is none of them")
    clocks = {row["code"] for row in read("clocks")["clocks"]}
    if unknown := {clock for each in types.values() for clock in each.due} - clocks:
        raise datafile.DataFileError(f"{_FILE}: no such clocks: {', '.join(sorted(unknown))}")
    return CaseTypes(file["default"], types)


def _type(row: dict[str, Any]) -> CaseType:
    roles = [
        RoleRule(Role(each["code"]), each["label"], each["least"], each["most"], each["under"])
        for each in row["roles"]
    ]
    return CaseType(
        code=row["code"],
        label=row["label"],
        source=row["source"],
        instruments=frozenset(row["instruments"]),
        due=tuple(row["due"]),
        without=frozenset(row["without"]),
        roles={each.role: each for each in roles},
    )
