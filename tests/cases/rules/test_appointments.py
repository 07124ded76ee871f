"""Nobody gives an office alone, or to oneself; the published rules say who gives which."""

from datetime import date
from typing import Any

import pytest

from services.cases.catalog import Catalog
from services.cases.model.members import Appointed, HeldIn, Office, OfficeRules
from services.cases.model.problems import OfficeNotYours, TwoPersons
from services.cases.rules import appointments as rules
from services.kit.problem import Malformed

TODAY = date(2017, 5, 4)
COORDINATOR = Office("coordinator", "polva", None)
POLICE = Office("agency-member", "polva", "police")
NATIONAL = Office("national-team", None, None)


@pytest.fixture
def offices(catalog: Catalog) -> OfficeRules:
    return catalog.offices


def _errors(call: Any) -> list[tuple[str, str]]:
    with pytest.raises(Malformed) as caught:
        call()
    return [(error.pointer, error.code) for error in caught.value.errors]


@pytest.mark.parametrize("office", [COORDINATOR, POLICE, NATIONAL])
def test_an_office_is_held_where_its_role_says(catalog: Catalog, office: Office) -> None:
    rules.check_office(office, catalog.offices, catalog.regions, catalog.agencies)


@pytest.mark.parametrize(
    ("office", "expected"),
    [
        (Office("duke", "polva", None), [("/role", "unknown")]),
        (Office("coordinator", None, None), [("/region", "required")]),
        (Office("coordinator", "atlantis", None), [("/region", "unknown")]),
        (Office("coordinator", "polva", "police"), [("/agency", "not-for-role")]),
        (Office("agency-member", "polva", None), [("/agency", "required")]),
        (Office("agency-member", None, "police"), [("/region", "required")]),
        (Office("agency-member", "polva", "cosmonauts"), [("/agency", "unknown")]),
        (Office("operator", "polva", None), [("/region", "not-for-role")]),
    ],
)
def test_what_is_no_office_is_told_where(
    catalog: Catalog, office: Office, expected: list[tuple[str, str]]
) -> None:
    assert (
        _errors(lambda: rules.check_office(office, catalog.offices, catalog.regions, catalog.agencies))
        == expected
    )


def test_an_office_is_given_for_a_year_at_the_most(offices: OfficeRules) -> None:
    assert rules.term(TODAY, None, offices, TODAY) == date(2018, 5, 4)
    assert rules.term(TODAY, date(2018, 5, 4), offices, TODAY) == date(2018, 5, 4)
    for start, end, expected in (
        (TODAY, date(2018, 5, 5), ("/validTo", "too-long")),
        (TODAY, TODAY, ("/validTo", "not-after-start")),
        (date(2017, 5, 3), date(2017, 6, 1), ("/validFrom", "in-the-past")),
    ):
        assert _errors(lambda s=start, e=end: rules.term(s, e, offices, TODAY)) == [expected]


def test_no_role_gives_an_office_alone(offices: OfficeRules) -> None:
    """Where one role proposes and approves it is two people, or a person and one of another role."""
    for rule in offices.offices.values():
        assert rule.propose
        assert rule.approve
        assert len(rule.propose | rule.approve) > 1, rule.role


@pytest.mark.parametrize("role", ["coordinator", "chair", "agency-member", "support-person"])
def test_offices_of_a_region_are_given_there_and_by_who_is_of_none(offices: OfficeRules, role: str) -> None:
    rule = offices.offices[role]
    agency = "police" if rule.held_in is HeldIn.AGENCY else None
    office = Office(role, "polva", agency)
    assert rules.gives([("programme-officer", {})], office, rule)
    for giver in rule.propose | rule.approve:
        assert rules.gives([(giver, {"region": "polva"})], office, rule)
        if offices.offices[giver].held_in is not HeldIn.NOWHERE:
            assert not rules.gives([(giver, {"region": "rakvere"})], office, rule)
    for stranger in ("agency-member", "support-person", "national-team", "auditor"):
        assert not rules.gives([(stranger, {"region": "polva"})], office, rule)


def test_nobody_proposes_oneself(offices: OfficeRules) -> None:
    held, rule = [("coordinator", {"region": "polva"})], offices.offices["agency-member"]
    rules.check_propose("m-1", held, "m-2", POLICE, rule)
    with pytest.raises(TwoPersons):
        rules.check_propose("m-1", held, "m-1", POLICE, rule)
    with pytest.raises(OfficeNotYours):
        rules.check_propose("m-1", [("coordinator", {"region": "voru"})], "m-2", POLICE, rule)


def test_nobody_approves_what_oneself_proposed_or_is_appointed_by(offices: OfficeRules) -> None:
    held, rule = [("chair", {"region": "polva"})], offices.offices["agency-member"]
    rules.check_approve("m-1", held, "m-2", POLICE, rule, proposed_by="m-3")
    for member, proposed_by in (("m-1", "m-3"), ("m-2", "m-1"), ("m-1", "m-1")):
        with pytest.raises(TwoPersons):
            rules.check_approve("m-1", held, member, POLICE, rule, proposed_by)
    with pytest.raises(OfficeNotYours):
        rules.check_approve("m-1", [("coordinator", {"region": "polva"})], "m-2", POLICE, rule, "m-3")


def holds(
    role: str, region: str | None, agency: str | None = None, principal: str | None = None
) -> Appointed:
    return Appointed(role, region, agency, TODAY, None, principal)


@pytest.mark.parametrize(
    ("held", "absent", "may"),
    [
        ([holds("coordinator", "voru")], COORDINATOR, True),
        ([holds("agency-member", "polva", "police")], COORDINATOR, True),
        ([holds("agency-member", "voru", "police")], COORDINATOR, False),
        ([holds("agency-member", "voru", "police")], POLICE, True),
        ([holds("agency-member", "polva", "school")], POLICE, False),
        ([holds("coordinator", "voru", principal="m-9")], COORDINATOR, False),
        ([holds("auditor", None)], COORDINATOR, False),
        ([holds("operator", None)], Office("operator", None, None), False),
        ([], COORDINATOR, False),
    ],
)
def test_a_deputy_holds_an_office_that_lets_somebody_stand_in(
    offices: OfficeRules, held: list[Appointed], absent: Office, *, may: bool
) -> None:
    assert rules.may_stand_in(held, absent, offices.offices[absent.role]) is may


def test_an_end_is_today_or_later_and_never_moved_back() -> None:
    start, end = date(2017, 1, 1), date(2018, 1, 1)
    rules.check_end(start, end, TODAY, TODAY)
    rules.check_end(start, None, date(2030, 1, 1), TODAY)
    for day, code in (
        (date(2017, 5, 3), "in-the-past"),
        (date(2018, 1, 2), "later-than-end"),
    ):
        assert _errors(lambda d=day: rules.check_end(start, end, d, TODAY)) == [("/validTo", code)]
    later = date(2017, 6, 1)
    assert _errors(lambda: rules.check_end(later, end, TODAY, TODAY)) == [("/validTo", "before-start")]
