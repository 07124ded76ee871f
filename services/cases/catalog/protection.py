"""What is kept from whom on every way out."""

from typing import Any, Final

from services.cases.catalog.files import read
from services.cases.model.codes import Role
from services.cases.model.protection import CLOSE, OPEN, Form, ProtectedKind, Protection, Recipient, Spelling
from services.kit import datafile

_FILE: Final = "services/cases/data/protection.yaml"


def protection() -> Protection:
    """The published rules; raises DataFileError for an agency that there is not."""
    file = read("protection")
    kinds = {name: _kind(row) for row in file["kinds"] for name in row["fields"]}
    regions = read("regions")["regions"]
    return Protection(
        version=file["version"],
        field_class=file["class"],
        roles=frozenset(Role(role) for role in file["roles"]),
        fields=kinds,
        recipients=[_recipient(row) for row in file["recipients"]],
        spelling=Spelling(**file["spelling"]),
        place_names=sorted({word for row in regions for word in row["label"].values()}),
    )


def _kind(row: Any) -> ProtectedKind:  # noqa: ANN401 - a row that the schema has passed
    label = row["label"]
    mark = f"{OPEN}{label['et']} / {label['ru']} / {label['en']}{CLOSE}"
    return ProtectedKind(row["code"], Form(row["form"]), mark)


def _recipient(row: Any) -> Recipient:  # noqa: ANN401 - a row that the schema has passed
    known = {each["code"] for each in read("agencies")["agencies"]}
    marked = row.get("marked")
    if unknown := sorted(set(marked or ()) - known):
        raise datafile.DataFileError(f"{_FILE}: {row['id']}: no such agency: {unknown}")
    return Recipient(
        id=row["id"],
        roles=frozenset(row["roles"]),
        relations=frozenset(row["relations"]),
        operations=frozenset(row["operations"]) if "operations" in row else None,
        marked=None if marked is None else frozenset(marked),
        in_case=row.get("in_case", False),
    )
