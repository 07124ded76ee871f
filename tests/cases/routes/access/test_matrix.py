"""Every operation of people, asked by everybody, about everything, for every purpose: as the table says."""

from typing import Any

import pytest

from tests.cases.routes.access.doors import DOORS, heard, knocks
from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import ASKERS, HOME, Answer, House
from tests.cases.routes.access.oracle import (
    Asker,
    Thing,
    barred,
    denies,
    granted,
    operations_of_people,
    purposes,
    related,
    roles_of_people,
    rules,
    table,
)
from tests.cases.routes.access.share import share

pytestmark = pytest.mark.xdist_group("access")
Heard = list[tuple[Answer, Wanted]]


def test_the_matrix_knows_every_operation_and_role_of_people() -> None:
    """A new row of the table does not pass by unseen."""
    assert set(operations_of_people()) == DOORS.keys()
    held = {office.role for asker in ASKERS for office in asker.offices}
    assert held == set(roles_of_people())
    assert set(table()["relations"]) == {
        "anywhere",
        "same-region",
        "own-agency",
        "own-message",
        "excluded",
        "sealed",
        "broken-glass",
        "assigned",
        "oneself",
    }


def test_every_row_that_closes_is_met_both_ways(house: House) -> None:
    """Somebody who might read a case is kept from it by each, and the same person reads another."""
    for rule in denies():
        for operation in rule["operations"]:
            met = {
                barred(operation, asker, kept.thing)
                for asker in ASKERS
                for kept in house.kept
                if any(
                    related(row["relation"], attributes, asker, kept.thing)
                    for row, attributes in granted(asker, operation, "case-work")
                )
            }
            assert met == {True, False}, (rule["id"], operation)


@pytest.mark.parametrize(
    "rule",
    [rule for rule in rules() if set(rule["roles"]) & set(roles_of_people())],
    ids=lambda rule: rule["id"],
)
def test_every_row_is_met_both_ways(rule: dict[str, Any], house: House) -> None:
    """Somebody in the matrix is let in by it, and somebody with the role and purpose is not."""
    things = [
        *(kept.thing for kept in house.kept),
        *(Thing(HOME, member=asker.subject) for asker in ASKERS),
    ]
    for operation in rule["operations"]:
        met = {
            related(rule["relation"], attributes, asker, thing)
            for asker in ASKERS
            for mine, attributes in granted(asker, operation, rule["purposes"][0])
            if mine["id"] == rule["id"]
            for thing in things
        }
        assert met == ({True} if rule["relation"] == "anywhere" else {True, False})


#: Of all who might ask, so many ask for each operation in a usual run.
ASKING = 3
CELLS = [
    (operation, asker) for operation in operations_of_people() for asker in share(ASKERS, ASKING, operation)
]


@pytest.mark.parametrize(("operation", "asker"), CELLS, ids=str)
async def test_the_answer_is_the_tables_word(house: House, full: Full, operation: str, asker: Asker) -> None:
    found = [
        pair
        for purpose in purposes()
        for pair in await heard(house, asker, purpose, knocks(full, operation, asker, purpose))
    ]
    for answer, wanted in found:
        word = wanted.expected
        assert (answer.status, answer.slug) == (word.status, word.slug)
        if word.status == 200:
            assert answer.body == wanted.body
    await _traced(house, operation, asker, found)


async def _traced(house: House, operation: str, asker: Asker, answers: Heard) -> None:
    """Each answer left exactly one row, which tells who, why, by which rule and about what."""
    rows = await house.rows(
        "select * from audit where request_id = any($1)", [answer.request_id for answer, _ in answers]
    )
    by_request: dict[str, list[Any]] = {}
    for row in rows:
        by_request.setdefault(row["request_id"], []).append(row)
    for answer, wanted in answers:
        found = by_request.get(answer.request_id, [])
        if answer.slug == "unauthenticated":
            assert not found  # nobody is known whom the row could name
            continue
        [row] = found
        assert (row["actor"], row["operation"]) == (asker.subject, operation)
        assert row["service"] == asker.service
        assert row["purpose"] == (answer.purpose if answer.slug != "purpose-required" else "unknown")
        if answer.status == 200:
            assert (row["decision"], row["action"], row["problem"]) == ("allow", "read", None)
            assert set(row["rule_id"].split("+")) == set(wanted.expected.rules)
            assert set(row["objects"]) == {house.handles.of(each) for each in wanted.objects}
            assert row["fields"] == wanted.classes(operation)
        else:
            assert (row["decision"], row["action"], row["problem"]) == ("deny", "refuse", answer.slug)
