"""Offices of today, by the calendar of Tallinn."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from services.cases.actions.members import (
    FIRST_DAY,
    AlreadyFoundedError,
    LocalAppointments,
    as_appointment,
    development_offices,
    found_offices,
    seed_development,
)
from services.cases.actions.sessions import member_subject
from services.cases.catalog import Catalog
from services.cases.model.members import Appointed
from services.kit import personal_code
from services.kit.policy import Appointment
from services.kit.tokens import Identity

Build = Callable[..., Any]


@pytest.fixture
def offices_at(world: Any) -> Build:
    """The roles that a member holds at a moment."""

    async def run(moment: datetime, subject: str = "m-1") -> list[str]:
        world.clock.advance(moment - world.clock.now())
        found = await LocalAppointments(world.database).of(Identity(subject, "member"))
        return [each.role for each in found]

    return run


async def _appoint(world: Any, *spans: tuple[str, date, date | None]) -> None:
    member = uuid4()
    await world.rows("insert into member values ($1, 'm-1', now())", member)
    for role, start, end in spans:
        await world.rows(
            "insert into appointment values ($1, $2, $3, null, null, $4, $5, 'tests', now())",
            uuid4(), member, role, start, end,
        )  # fmt: skip


async def test_an_office_ends_at_midnight_in_tallinn(world: Any, offices_at: Build) -> None:
    await _appoint(world, ("auditor", date(2017, 5, 1), date(2017, 5, 4)))
    assert await offices_at(datetime(2017, 4, 30, 20, 59, tzinfo=UTC)) == []
    assert await offices_at(datetime(2017, 4, 30, 21, 0, tzinfo=UTC)) == ["auditor"]
    assert await offices_at(datetime(2017, 5, 3, 20, 59, tzinfo=UTC)) == ["auditor"]
    assert await offices_at(datetime(2017, 5, 3, 21, 0, tzinfo=UTC)) == []


async def test_what_ends_now_is_gone_for_the_next_request(world: Any, offices_at: Build) -> None:
    moment = datetime(2017, 5, 4, 12, tzinfo=UTC)
    await _appoint(world, ("auditor", date(2017, 1, 1), None), ("operator", date(2017, 1, 1), None))
    assert await offices_at(moment) == ["auditor", "operator"]
    await world.rows("update appointment set valid_to = '2017-05-04' where role = 'auditor'")
    assert await offices_at(moment) == ["operator"]


async def test_nobody_unknown_holds_an_office(offices_at: Build) -> None:
    assert await offices_at(datetime(2017, 5, 4, tzinfo=UTC), "m-unheard-of") == []


async def test_looking_for_rights_writes_nothing(world: Any, offices_at: Build) -> None:
    await offices_at(datetime(2017, 5, 4, tzinfo=UTC))
    assert await world.count("audit") == 0


def test_the_table_is_told_what_there_is() -> None:
    office = Appointed("agency-member", "polva", "police", FIRST_DAY, None)
    assert as_appointment(office) == Appointment("agency-member", {"region": "polva", "agency": "police"})
    auditor = Appointed("auditor", None, None, FIRST_DAY, None)
    assert as_appointment(auditor) == Appointment("auditor", {})


def test_development_has_every_office_that_there_is(catalog: Catalog) -> None:
    found = dict(development_offices(catalog))
    regions, agencies = len(catalog.regions), len(catalog.agencies)
    assert len(found) == regions * (3 + agencies) + 4
    assert found["dev:agency-member:polva:police"] == Appointed(
        "agency-member", "polva", "police", FIRST_DAY, None
    )
    assert found["dev:operator::"] == Appointed("operator", None, None, FIRST_DAY, None)


async def test_seeding_again_appoints_nobody_new(world: Any, catalog: Catalog) -> None:
    made = await seed_development(world.database, world.policy, catalog)
    assert made == len(development_offices(catalog)) == await world.count("appointment")
    assert await seed_development(world.database, world.policy, catalog) == 0
    [row] = await world.rows("select actor, action, purpose, cardinality(objects) as things from audit")
    assert tuple(row) == ("service:cases", "create", "operations", made)


CODES = [personal_code.make(date(1985, 1, 17), "female", serial) for serial in (1, 2)]
FIRST = [personal_code.parse(code) for code in CODES]


async def test_the_first_two_officers_log_in_and_approve_for_each_other(world: Any) -> None:
    made = await found_offices(world.database, world.policy, world.catalog, world.index, FIRST)
    assert made == 2
    subject = member_subject(world.index, f"EE{CODES[0]}")
    [office] = await LocalAppointments(world.database).of(Identity(subject, "member"))
    assert office.role == "programme-officer"
    rows = await world.rows("select valid_to - valid_from as days from appointment")
    assert {row["days"] for row in rows} <= {365, 366}
    dump = str(await world.rows("select * from member")) + str(await world.rows("select * from audit"))
    assert CODES[0] not in dump


async def test_offices_are_founded_once(world: Any) -> None:
    await found_offices(world.database, world.policy, world.catalog, world.index, FIRST)
    with pytest.raises(AlreadyFoundedError):
        await found_offices(world.database, world.policy, world.catalog, world.index, FIRST)
    assert await world.count("appointment") == 2


@pytest.mark.parametrize("people", [FIRST[:1], [FIRST[0], FIRST[0]], []])
async def test_one_person_alone_founds_nothing(world: Any, people: list[Any]) -> None:
    with pytest.raises(ValueError, match="two different persons"):
        await found_offices(world.database, world.policy, world.catalog, world.index, people)
    assert await world.count("appointment") == 0
