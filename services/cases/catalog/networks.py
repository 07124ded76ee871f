"""What is published of networks: kinds of agencies, sets of regions, and the words of their composition."""

from collections.abc import Mapping
from typing import Any

from services.cases.catalog.files import read
from services.cases.catalog.referrals import span
from services.cases.model.networks import Agency, Networks, RegionSet, Seat
from services.kit import datafile
from services.kit.calendar import parse_date


def agency(row: Mapping[str, Any]) -> Agency:
    """A kind of agency."""
    return Agency(row["code"], row["label"], Seat(row["seat"]), *span(row))


def systems() -> Mapping[str, str]:
    """The agencies of X-Road clients, by the client without its instance; raises DataFileError."""
    rows, known = read("systems")["systems"], {row["code"] for row in read("agencies")["agencies"]}
    found = {row["client"]: row["agency"] for row in rows}
    if len(found) != len(rows) or not known.issuperset(found.values()):
        raise datafile.DataFileError(
            "services/cases/data/systems.yaml: each client works once, for an agency of agencies.yaml"
        )
    return found


def networks() -> Networks:
    """Sets of regions, seats, and why an agency leaves; raises DataFileError."""
    file, regions = read("networks"), {row["code"] for row in read("regions")["regions"]}
    sets = {row["code"]: _region_set(row) for row in file["sets"]}
    for one in sets.values():
        named = [region for _, region in one.rows]
        if len(set(named)) != len(named) or not regions.issuperset(named):
            raise datafile.DataFileError(
                f"services/cases/data/networks.yaml: set {one.code}: each row names another known region"
            )
    labels = {row["code"]: row["label"] for row in file["leave_reasons"]}
    return Networks(sets, {Seat(row["code"]): row["label"] for row in file["seats"]}, labels)


def _region_set(row: Mapping[str, Any]) -> RegionSet:
    rows = tuple((each["printed"], each["region"]) for each in row["rows"])
    return RegionSet(row["code"], row["label"], parse_date(row["day"]), row["source"], rows)
