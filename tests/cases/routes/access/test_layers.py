"""Two layers, each of which holds alone: the table in Python, and row-level security in the database."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import ColumnElement, true

from services.kit import keys
from services.kit.clock import SystemClock
from services.kit.db import Database
from services.kit.fieldclass import CLASSES
from services.kit.policy import Caller, Columns, Decision, Permit, Policy
from services.kit.problem import Forbidden
from tests.cases.routes.access.doors import DOORS, heard, knocks
from tests.cases.routes.access.full import Full
from tests.cases.routes.access.house import AWAY, HOME, MEMBERS, House, a_referral
from tests.cases.routes.access.oracle import Asker, Thing, expected, operations_of_people
from tests.cases.routes.access.share import share

pytestmark = pytest.mark.xdist_group("access")
READS = ("list_referrals", "get_referral", "list_cases", "get_case", "get_person", "get_seal")
PURPOSES = ("case-work", "statistics")
#: Of all operations, so many are asked by each asker in a usual run.
ASKED = 10


class _Blind(Permit):
    """A permit whose questions are all answered yes; what it tells the database is the truth."""

    def on(self, resource: Mapping[str, object]) -> Decision:
        return Decision("blind", CLASSES)

    def sql(self, columns: Columns, state: ColumnElement[str] | None = None) -> ColumnElement[bool]:
        return true()

    def branches(
        self, columns: Columns, state: ColumnElement[str] | None = None
    ) -> Sequence[ColumnElement[bool]]:
        return [true()]


class _BlindPolicy:
    """Lets everybody do everything."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def __getattr__(self, name: str) -> Any:
        return getattr(self._policy, name)

    def permit(self, caller: Caller, operation: str, purpose: str) -> Permit:
        try:
            grants = self._policy.permit(caller, operation, purpose).grants
        except Forbidden:
            grants = ()
        return _Blind(caller, operation, purpose, grants, self._policy.fact_names)


@pytest.fixture
def without_table(house: House) -> Iterator[House]:
    """The second layer alone."""
    with house.with_state(policy=_BlindPolicy(house.app.state.policy)):
        yield house


@pytest_asyncio.fixture(scope="session")
async def unguarded(house: House) -> AsyncIterator[Database]:
    """The database in a role that row-level security does not bind."""
    audit_key = keys.load_secret(house.folder, "cases.audit")
    database = Database(house.admin_url, service="cases", clock=SystemClock(), audit_key=audit_key)
    nobody = Permit(Caller.member("m-nobody"), "list_cases", "case-work", ())
    async with database.work(nobody, "-") as work:
        seen = await work.conn.exec_driver_sql("select count(*) from referral")
        assert seen.scalar_one() == len(house.kept)
    yield database
    await database.close()


@pytest.fixture
def without_row_security(house: House, unguarded: Database) -> Iterator[House]:
    """The first layer alone."""
    with house.with_state(database=unguarded):
        yield house


def _ids(body: Any) -> list[str]:
    """The ids that an answer shows, in its order."""
    if isinstance(body, list):
        return [found for each in body for found in _ids(each)]
    if isinstance(body, dict):
        own = [body[name] for name in ("id", "referralId", "personId", "caseId") if body.get(name)]
        return own + [found for each in body.values() for found in _ids(each)]
    return []


@pytest.mark.parametrize("asker", MEMBERS, ids=str)
async def test_row_security_alone_shows_no_other_row(without_table: House, full: Full, asker: Asker) -> None:
    for operation in READS:
        for purpose in PURPOSES if operation.startswith("list_") else PURPOSES[:1]:
            asked = list(DOORS[operation](full, asker, purpose))
            for answer, wanted in await heard(without_table, asker, purpose, asked):
                if wanted.expected.status == 200:
                    assert _ids(answer.body) == _ids(wanted.body)
                elif operation.startswith("list_"):
                    assert answer.body["items"] == []
                else:
                    assert (answer.status, answer.slug) == (404, "not-found")


@pytest.mark.parametrize("asker", MEMBERS, ids=str)
async def test_the_table_alone_shows_no_other_row(
    without_row_security: House, full: Full, asker: Asker
) -> None:
    for operation in share(operations_of_people(), ASKED, asker.name):
        asked = knocks(full, operation, asker, "case-work")
        for answer, wanted in await heard(without_row_security, asker, "case-work", asked):
            assert (answer.status, answer.slug) == (wanted.expected.status, wanted.expected.slug)
            if answer.status == 200:
                assert answer.body == wanted.body


async def _state(house: House) -> list[Any]:
    return await house.rows(
        """select id::text, region, state, version from referral
           union all select 'events', '', '', count(*) from event order by 1"""
    )


@pytest.mark.parametrize("asker", MEMBERS, ids=str)
async def test_row_security_alone_lets_nobody_write_elsewhere(
    without_table: House, full: Full, asker: Asker
) -> None:
    before = await _state(without_table)
    for kept in full.kept:
        if expected(asker, "screen_referral", "case-work", kept.thing).status != 200:
            version = full.referrals.get(kept.id, {"version": 2})["version"]
            answer = await without_table.ask(
                asker,
                f"/referrals/{kept.id}/screening",
                method="POST",
                json={"decision": "decline", "reason": "criteria-not-met"},
                headers={"If-Match": f'"{version}"'},
            )
            assert (answer.status, answer.slug) == (404, "not-found")
    for region in (HOME, AWAY):
        if expected(asker, "enter_referral", "case-work", Thing(region)).status != 200:
            entered = a_referral(region, 21)
            answer = await without_table.ask(asker, "/referrals", method="POST", json=entered)
            assert answer.status == 500  # the database refuses the row; the first layer would have said 404
    assert await _state(without_table) == before
