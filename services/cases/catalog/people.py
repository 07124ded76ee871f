"""What may be kept of whom, and who might be the same person."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.cases.catalog.files import read
from services.cases.model.codes import Role
from services.cases.model.matching import Agreement, MatchingRule, MergeReason, Spelling, Verdict
from services.cases.model.records import Category, Listed
from services.cases.model.relations import RelationRules, RelationType
from services.cases.rules.matching import weight_of


def listed() -> Listed:
    """What may be kept of whom (OAS § 10)."""
    file = read("categories")
    words = {name: file[name] for name in ("confidences", "sources", "retractions", "removals")}
    return Listed(
        version=file["version"],
        categories={row["code"]: _category(row) for row in file["categories"]},
        **words,
    )


def _category(row: Mapping[str, Any]) -> Category:
    return Category(
        code=row["code"],
        label=row["label"],
        law=row["law"],
        field_class=row["class"],
        roles=frozenset(map(Role, row["roles"])),
        required=frozenset(row.get("required", ())),
        optional=frozenset(row.get("optional", ())),
        kinds=row.get("kinds", {}),
        confidence=row.get("confidence", False),
    )


def relations() -> RelationRules:
    """How people in a case can stand to each other."""
    file = read("relations")
    types = {
        row["code"]: RelationType(
            row["code"], row["label"], frozenset(map(Role, row["from"])), frozenset(map(Role, row["to"]))
        )
        for row in file["types"]
    }
    return RelationRules(file["version"], types, file["reasons"])


def matching() -> MatchingRule:
    """How alike two people must be to be shown as perhaps the same."""
    file = read("matching")
    prior = Decimal(file["prior"])
    return MatchingRule(
        version=file["version"],
        start=weight_of(prior, 1 - prior),
        weights={
            name: {
                Agreement(agreement): weight_of(Decimal(row["m"]), Decimal(row["u"]))
                for agreement, row in rows.items()
            }
            for name, rows in file["fields"].items()
        },
        verdicts=[(Verdict(code), Decimal(row["from"])) for code, row in file["verdicts"].items()],
        spelling=Spelling(
            letters=[(letter, written) for letter, written in file["spelling"]["letters"]],
            variants=file["spelling"]["variants"],
        ),
        reasons={
            code: MergeReason(row["label"], row["bridges_codes"]) for code, row in file["reasons"].items()
        },
        refusals=file["refusals"],
        undoings=file["undoings"],
    )
