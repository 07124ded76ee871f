"""What the law lists may be kept, and nothing else."""

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest

from services.cases.catalog import Catalog
from services.cases.model.codes import Role
from services.cases.model.records import Category, Told
from services.cases.rules.records import check, check_code
from services.kit import personal_code
from services.kit.problem import FieldError, Malformed

TODAY = date(2017, 5, 4)
VALUES: dict[str, Any] = {
    "givenName": "Mari",
    "familyName": "Tamm",
    "personalCode": personal_code.make(date(1984, 6, 15), "female", 1),
    "birthDate": date(1984, 6, 15),
    "mayLeaveMessage": False,
    "interpreter": False,
}


def told_of(category: Category, **changes: Any) -> Told:
    value = {name: VALUES.get(name, "midagi") for name in category.required}
    if "kind" in value:
        value["kind"] = next(iter(category.kinds))
    value = value or {"text": "midagi"}
    confidence = "told" if category.confidence else None
    return replace(Told("victim", confidence, None, None, False, value), **changes)


def broken(catalog: Catalog, category: str, role: Role, told: Told) -> list[tuple[str, str]]:
    with pytest.raises(Malformed) as refused:
        check(catalog.listed, category, role, told, today=TODAY)
    return [(error.pointer, error.code) for error in refused.value.errors]


def test_every_category_is_taken_for_its_roles_and_refused_for_others(catalog: Catalog) -> None:
    for category, role in product(catalog.listed.categories.values(), Role):
        told = told_of(category)
        if role in category.roles:
            assert check(catalog.listed, category.code, role, told, today=TODAY) is category
        else:
            assert broken(catalog, category.code, role, told) == [("/category", "not-for-role")]


def test_the_list_is_that_of_the_law(catalog: Catalog) -> None:
    """OAS § 10(2)-(4): of children nothing beyond what is named, of others general data alone."""
    of = {
        role: {one.code for one in catalog.listed.categories.values() if role in one.roles} for role in Role
    }
    general = {"name", "personal-code", "birth-date", "address", "phone", "email", "language"}
    assert of[Role.OTHER] == general
    assert of[Role.CHILD] == general | {
        "safe-contact", "parenthood", "pregnancy", "education", "employment", "disability", "injury",
    }  # fmt: skip
    shared = {
        "parenthood", "pregnancy", "employment", "disability", "violence", "stay-basis", "call-outs", "need",
        "other",
    }  # fmt: skip
    assert of[Role.VICTIM] == general | shared | {"safe-contact", "injury"}
    criminal = {"criminal-record", "proceedings", "restraint", "weapon", "release"}
    assert of[Role.THREATENING_PERSON] == general | shared | criminal | {"health"}
    named = {one.code for one in catalog.listed.categories.values() if one.field_class == "criminal"}
    assert named == criminal


def test_what_is_not_of_the_category_is_refused_by_name(catalog: Catalog) -> None:
    phone = catalog.listed.categories["phone"]
    told = told_of(phone, value={"address": "Salajane 1"})
    assert broken(catalog, "phone", Role.VICTIM, told) == [
        ("/value/phone", "required"),
        ("/value/address", "not-of-category"),
    ]


@pytest.mark.parametrize(
    ("category", "changes", "pointer", "code"),
    [
        ("phone", {"source": "gossip"}, "/source", "unknown"),
        ("birth-date", {"confidence": None}, "/confidence", "required"),
        ("phone", {"confidence": "certain"}, "/confidence", "unknown"),
        ("name", {"protected": True}, "/protected", "not-of-category"),
        ("phone", {"valid_from": TODAY, "valid_to": TODAY}, "/validTo", "before-start"),
        ("birth-date", {"value": {"birthDate": date(2017, 5, 5)}}, "/value/birthDate", "in-future"),
        ("personal-code", {"value": {"personalCode": "48406"}}, "/value/personalCode", "length"),
        ("address", {"value": {"address": "x", "kind": "castle"}}, "/value/kind", "unknown"),
        ("pregnancy", {"value": {}}, "/value", "required"),
    ],
)
def test_a_rule_that_is_broken_is_named_with_its_field(
    catalog: Catalog, category: str, changes: dict[str, Any], pointer: str, code: str
) -> None:
    told = told_of(catalog.listed.categories[category], **changes)
    assert broken(catalog, category, Role.VICTIM, told) == [(pointer, code)]


def test_no_error_repeats_what_was_told(catalog: Catalog) -> None:
    told = told_of(catalog.listed.categories["personal-code"], value={"personalCode": "4840615001x"})
    with pytest.raises(Malformed) as refused:
        check(catalog.listed, "personal-code", Role.VICTIM, told, today=TODAY)
    assert not [error for error in refused.value.errors if "4840615001x" in error.reason]


def test_there_is_no_such_category_or_reason(catalog: Catalog) -> None:
    told = told_of(catalog.listed.categories["phone"])
    assert broken(catalog, "religion", Role.VICTIM, told) == [("/category", "unknown")]
    check_code(catalog.listed.removals, "wrong-person")
    with pytest.raises(Malformed) as refused:
        check_code(catalog.listed.removals, "because")
    assert refused.value.errors == (FieldError("/reason", "unknown", "there is no such reason"),)


def test_only_categories_of_readable_classes_are_read(catalog: Catalog) -> None:
    assert catalog.listed.readable(frozenset({"basic", "identity"})) == [
        "birth-date",
        "name",
        "personal-code",
    ]
    assert catalog.listed.readable(frozenset({"basic"})) == []
