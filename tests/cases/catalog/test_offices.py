"""Offices as they are published, and what the table of access and the database know of them."""

import re
from typing import Any

from services.cases.catalog import PACKAGE, Catalog
from services.cases.model.members import APPOINTMENT, AppointmentState
from services.kit.policy import Policy


def test_every_role_of_people_in_the_table_of_access_is_an_office(catalog: Catalog) -> None:
    roles = {role for rule in Policy.load(PACKAGE).rules for role in rule.roles or ()}
    people = {role for role in roles if ":" not in role and role != "xroad-client"}
    assert people == catalog.offices.offices.keys()


def test_everything_has_a_name_in_three_languages(catalog: Catalog) -> None:
    offices = catalog.offices
    labels = [
        *(one.label for one in offices.offices.values()),
        *offices.refusals.values(),
        *offices.ends.values(),
    ]
    assert all(set(label) == {"et", "ru", "en"} for label in labels)


async def test_states_and_roles_are_those_of_the_database(world: Any, catalog: Catalog) -> None:
    machine = catalog.lifecycles[APPOINTMENT]
    assert machine.states.keys() == {state.value for state in AppointmentState}
    for column, words in (("state", machine.states), ("role", catalog.offices.offices)):
        [row] = await world.rows(
            "select pg_get_constraintdef(oid) from pg_constraint where conname = $1",
            f"appointment_{column}_check",
        )
        assert set(re.findall("'([a-z-]+)'", row[0])) == words.keys()
