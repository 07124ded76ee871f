"""Legal bases."""

from typing import Any

from services.cases.catalog.files import read
from services.cases.model.codes import Role
from services.cases.model.consent import Allows, AsksFor, Bases, Basis
from services.kit import datafile
from services.kit.calendar import parse_date


def bases() -> Bases:
    """Every basis by its code; raises DataFileError."""
    file = read("bases")
    found = {row["code"]: _basis(row) for row in file["bases"]}
    screening = tuple((parse_date(row["from"]), row["basis"]) for row in file["screening"])
    sharing = {code for code, basis in found.items() if Allows.SHARE in basis.allows}
    if len(found) != len(file["bases"]) or not {code for _, code in screening} <= sharing:
        raise datafile.DataFileError(
            "services/cases/data/bases.yaml: a code is there twice, or agencies take part on a basis that "
            "does not allow to share"
        )
    purposes = {row["code"]: row["offers"] for row in file["purposes"]}
    endings = {row["code"]: row["label"] for row in file["endings"]}
    return Bases(found, tuple(sorted(screening)), purposes, endings)


def _basis(row: dict[str, Any]) -> Basis:
    return Basis(
        code=row["code"],
        statute=row["statute"],
        paragraph=row["paragraph"],
        valid_from=parse_date(row["valid_from"]),
        valid_to=parse_date(row["valid_to"]) if "valid_to" in row else None,
        roles=frozenset(map(Role, row["for_roles"])),
        allows=frozenset(map(Allows, row["allows"])),
        asks_for=AsksFor(row["asks_for"]),
        recipients=frozenset(row["recipients"]) if "recipients" in row else None,
        label=row["label"],
    )
