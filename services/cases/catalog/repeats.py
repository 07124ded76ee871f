"""The definitions of a repeat, and what proposals of one are answered."""

from typing import Any

from services.cases.catalog.files import read
from services.cases.model.codes import Ground
from services.cases.model.repeats import Base, Definition, RepeatRules
from services.kit import datafile


def repeats() -> RepeatRules:
    """All definitions; raises DataFileError when the one in force is not among them."""
    file = read("repeats")
    definitions = tuple(map(_definition, file["definitions"]))
    if file["in_force"] not in {each.id for each in definitions}:
        raise datafile.DataFileError("services/cases/data/repeats.yaml: the definition in force is not there")
    if not set(file["criminal"]) <= {row["code"] for row in read("monitoring")["incident_kinds"]}:
        raise datafile.DataFileError("services/cases/data/repeats.yaml: a kind of incident is not known")
    declined = {row["code"]: row["label"] for row in file["declined"]}
    criminal = frozenset(file["criminal"])
    return RepeatRules(Ground(file["ground"]), file["in_force"], definitions, criminal, declined)


def _definition(row: dict[str, Any]) -> Definition:
    return Definition(
        id=row["id"],
        version=row["version"],
        label=row["label"],
        counts_from=Base(row["counts_from"]),
        only_criminal=row["incidents"] == "criminal",
        months=row["months"],
    )
