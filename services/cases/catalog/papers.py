"""The documents of a meeting: their words, and what stands in them."""

from collections.abc import Mapping
from typing import Final

from services.cases.catalog import networks, offices
from services.cases.catalog.files import read
from services.cases.catalog.lifecycles import lifecycles
from services.cases.catalog.referrals import region
from services.cases.model.papers import Kind, PaperRule, PaperRules, Section
from services.cases.model.published import Label

_OWN: Final = ("seat", "presence", "why", "outcome")
_STATES: Final = ("action", "research")


def papers() -> PaperRules:
    """All kinds of documents, with the names of every code that stands in one."""
    file = read("papers")
    kinds = {
        Kind(code): PaperRule(
            row["title"], row["notice"], row["none"], [Section(each) for each in row["sections"]]
        )
        for code, row in file["papers"].items()
    }
    lists = {**{name: file[name] for name in _OWN}, **_elsewhere()}
    return PaperRules(file["mark"], file["page"], kinds, lists, file["words"])


def _elsewhere() -> Mapping[str, Mapping[str, Label]]:
    """Codes that have their names in other files."""
    codes, machines = read("codes")["lists"], lifecycles()
    return {
        "agency": {row["code"]: networks.agency(row).label for row in read("agencies")["agencies"]},
        "region": {row["code"]: region(row).label for row in read("regions")["regions"]},
        "office": {role: one.label for role, one in offices.offices().offices.items()},
        "role": codes["role"],
        "relation": codes["relation"],
        "meeting": read("meetings")["calendar"],
        **{machine: machines[machine].states for machine in _STATES},
    }
