"""Nothing protected reaches who may not be told it: every operation, asked as everybody else who is let in.

The operations are those of the published document, and what they are asked is what the other tests of the
contracts ask: a new operation is asked without a new line here.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import pytest

from services.cases.catalog.protection import protection
from tests.cases.routes.access.share import share
from tests.contracts import contract, doors
from tests.contracts.door import Door
from tests.contracts.planting import ENTRIES, WRITINGS, Planting, leaks
from tests.contracts.test_true import things
from tests.contracts.together import POLIS, Together, _rules
from tests.house.test_routes import ABOUT_NO_CASE

pytestmark = [pytest.mark.xdist_group("guarded")]
#: So many reads and so many writes in a usual run; all of them in a soak.
READS, WRITES = 14, 8
#: Works with the one who threatens: in every case of this house, and told nothing that is marked.
OUTSIDE = "probation"
RULES = protection()
Asker = tuple[str, dict[str, str]]


@pytest.fixture(scope="module")
async def planting(house: Together) -> AsyncIterator[Planting]:
    made = Planting(house)
    end = made.into(house.http["cases"])
    yield made
    end()


@pytest.fixture(scope="module")
async def known(house: Together, planting: Planting) -> Mapping[str, str]:
    """Things in cases of which something is protected; chair and probation have signed for the meeting."""
    found = await things(house)
    path = f"/api/cases/v1/meetings/{found['meeting_id']}/confidentiality"
    for role, agency in (("chair", ""), ("agency-member", OUTSIDE)):
        headers = house.person(role, "case-work", "polva", agency)
        await house.http["cases"].post(path, json={"statement": "2026-11-29"}, headers=headers)
    assert planting.cases
    return found


def _askers(house: Together, operation: str) -> Iterator[Asker]:
    """Everybody whom a row of the table lets in, but those who may be told everything."""
    for rule in _rules("cases"):
        if rule["effect"] != "allow" or operation not in rule["operations"]:
            continue
        for role in rule["roles"]:
            purpose = "case-work" if rule["purposes"] == "any" else rule["purposes"][0]
            is_person = not role.startswith("service:")
            if is_person and operation in ABOUT_NO_CASE:
                continue  # its words belong to nobody: docs/guides/disclosure-guard.md says so
            if not _is_told(role, rule["operations"]):
                yield f"{role} by {rule['id']}", _headers(house, role, purpose, rule)


def _is_told(role: str, operations: list[str]) -> bool:
    return any(
        role in one.roles
        and one.marked is None
        and one.relations != {"broken-glass"}
        and (one.operations is None or set(operations) <= one.operations)
        for one in RULES.recipients
    )


def _headers(house: Together, role: str, purpose: str, rule: Mapping[str, Any]) -> dict[str, str]:
    if not role.startswith("service:"):
        return house.person(role, purpose, "polva", OUTSIDE if role == "agency-member" else "")
    name = role.removeprefix("service:")
    subject = {"xroad": POLIS, "worker": f"worker:{name}"}.get(rule.get("for", ["xroad"])[0], role)
    return house.service("cases", name, subject, purpose)


def _reads() -> list[tuple[str, str]]:
    return [
        (one["operationId"], path) for method, path, one in contract.operations("cases") if method == "GET"
    ]


async def _read(house: Together, known: Mapping[str, str], operation: str, path: str) -> dict[str, Any]:
    address = f"/api/cases/v1{path.removeprefix('/api/cases/v1').format_map(known)}"
    return {
        who: await house.http["cases"].get(address, headers=headers)
        for who, headers in _askers(house, operation)
    }


async def _write(house: Together, door: Door) -> dict[str, Any]:
    """Each asker writes as the door's own caller would, to a thing of its own."""
    answers = {}
    for who, headers in _askers(house, door.operation):
        call = await door.call(house)
        kept = {name: value for name, value in call.headers.items() if name.startswith("if-")}
        answers[who] = await house.http["cases"].request(
            door.method, call.path, json=door.body(house), headers={**kept, **headers}
        )
    return answers


def test_the_planted_values_are_seen_in_every_writing() -> None:
    """By this test, which reads otherwise than the guard."""
    assert all(leaks(text) for text in WRITINGS)
    assert all(
        leaks(str(value)) for entry in ENTRIES.values() for value in entry.values() if len(str(value)) > 5
    )
    assert leaks("Kanaarilind on rahul, 5557 ja 1234") == []


@pytest.fixture
def unguarded(house: Together) -> Iterator[Callable[[], None]]:
    """Switches the guard off until the end of the test."""
    database = house.apps["cases"].state.database
    guard = database.guard
    yield lambda: setattr(database, "guard", None)
    database.guard = guard


async def test_nothing_protected_is_read(
    house: Together, known: Mapping[str, str], said: Callable[[], str], unguarded: Callable[[], None]
) -> None:
    chosen = share(_reads(), READS, "guarded", "reads")
    always = [one for one in _reads() if one[0] in {"get_action", "list_entries"}]
    asked = list(dict.fromkeys([*chosen, *always]))
    found: dict[str, list[str]] = {}
    shown = 0
    said()
    for operation, path in asked:
        for who, answer in (await _read(house, known, operation, path)).items():
            shown += answer.status_code == 200
            headers = " ".join(answer.headers.values())
            if leaked := leaks(answer.text) + leaks(headers):
                found[f"{operation} as {who}"] = leaked
    assert found == {}
    assert shown >= len(always)
    assert leaks(said()) == []
    unguarded()
    unkept = [
        operation
        for operation, path in always
        for answer in (await _read(house, known, operation, path)).values()
        if leaks(answer.text)
    ]
    assert set(unkept) == {operation for operation, _ in always}


async def test_nothing_protected_comes_back_to_who_writes(
    house: Together, known: Mapping[str, str], said: Callable[[], str]
) -> None:
    every = [door for door in doors.DOORS if door.document == "cases"]
    found: dict[str, list[str]] = {}
    said()
    for door in share(every, WRITES, "guarded", "writes"):
        for who, answer in (await _write(house, door)).items():
            if leaked := leaks(answer.text):
                found[f"{door.operation} as {who}"] = leaked
    assert found == {}
    assert leaks(said()) == []


async def test_nothing_protected_stands_where_it_is_not_sealed(
    house: Together, known: Mapping[str, str]
) -> None:
    """Events, steps, logs, letters and what else is kept in clear: of every table every row."""
    tables = await house.rows(
        "cases", "select tablename from pg_tables where schemaname = 'public' order by tablename"
    )
    found = []
    for (table,) in tables:
        for (row,) in await house.rows("cases", f"select to_jsonb(t)::text from {table} t"):  # noqa: S608 - of the catalogue
            if leaks(row):
                found.append(table)
    assert sorted(set(found)) == []
