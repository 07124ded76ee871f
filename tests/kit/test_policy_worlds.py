"""One meaning in three forms (decision, SQL, row-level security), over random tables, callers and worlds."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    String,
    Table,
    create_engine,
    insert,
    select,
)

from services.kit.policy import Appointment, Caller, Permit, Policy
from services.kit.problem import Forbidden, NotFound

RELATIONS = {
    "anywhere": {},
    "same-region": {"region": "region"},
    "own-agency": {"agencies": "agency@region"},
    "both": {"region": "region", "agencies": "agency@region"},
    "excluded": {"excluded": "subject"},
}


METADATA = MetaData()
THINGS = Table(
    "thing",
    METADATA,
    Column("id", String, primary_key=True),
    Column("region", String),
    Column("state", String),
)
PARTS = Table("part", METADATA, Column("thing", String), Column("kind", String), Column("value", String))
ENGINE = create_engine("sqlite://")
REGIONS = ("polva", "voru", "tartu")
AGENCIES = ("police", "health")
SUBJECTS = ("EE1", "EE2")
STATES = ("open", "closed", "sealed")


@pytest.fixture(scope="module", autouse=True)
def tables() -> Iterator[None]:
    METADATA.create_all(ENGINE)
    yield
    ENGINE.dispose()


def contains(kind: str) -> Any:
    def predicate(values: Sequence[str]) -> ColumnElement[bool]:
        return (
            select(PARTS.c.thing)
            .where(PARTS.c.thing == THINGS.c.id, PARTS.c.kind == kind, PARTS.c.value.in_(values))
            .exists()
        )

    return predicate


COLUMNS = {
    "region": THINGS.c.region.in_,
    "agencies": contains("agencies"),
    "excluded": contains("excluded"),
}
pairs = [f"{agency}@{region}" for agency, region in itertools.product(AGENCIES, REGIONS)]
things = st.fixed_dictionaries(
    {
        "region": st.none() | st.sampled_from(REGIONS),
        "state": st.none() | st.sampled_from(STATES),
        "agencies": st.frozensets(st.sampled_from(pairs), max_size=3),
        "excluded": st.frozensets(st.sampled_from(SUBJECTS), max_size=2),
    }
)
appointments = st.builds(
    Appointment,
    st.sampled_from(["a", "b", "c"]),
    st.dictionaries(st.sampled_from(["region"]), st.sampled_from(REGIONS), min_size=0, max_size=1).flatmap(
        lambda one: st.sampled_from([one, *({**one, "agency": agency} for agency in AGENCIES)])
    ),
)
callers = st.builds(Caller.member, st.sampled_from(SUBJECTS), st.lists(appointments, max_size=4).map(tuple))
some_states = st.just("any") | st.lists(st.sampled_from(STATES), min_size=1, unique=True)
some_fields = st.lists(st.sampled_from(["basic", "contact", "risk"]), min_size=1, unique=True)
allows = st.fixed_dictionaries(
    {
        "effect": st.just("allow"),
        "roles": st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True),
        "operations": st.just(["list_things"]),
        "relation": st.sampled_from(["anywhere", "same-region", "own-agency", "both", "excluded"]),
        "states": some_states,
        "purposes": st.just(["work"]),
        "fields": some_fields,
    }
)
denies = st.fixed_dictionaries(
    {
        "effect": st.just("deny"),
        "roles": st.just("any"),
        "operations": st.just(["list_things"]),
        "relation": st.sampled_from(["anywhere", "excluded"]),
        "states": some_states,
        "purposes": st.just("any"),
    },
    optional={"fields": some_fields},
)


def table(rules: Sequence[Mapping[str, Any]]) -> Policy:
    numbered = [{"id": f"rule-{number}", **rule} for number, rule in enumerate(rules)]
    head = {"version": "2017-07-01", "status": "draft", "source": "a test", "reason": "a test"}
    return Policy.from_data({**head, "relations": RELATIONS, "rules": numbered})


def seen(policy: Policy, caller: Caller, world: Sequence[Mapping[str, Any]]) -> dict[int, frozenset[str]]:
    try:
        permit = policy.permit(caller, "list_things", "work")
    except Forbidden:
        return {}
    return decided(permit, world)


def decided(permit: Permit, world: Sequence[Mapping[str, Any]]) -> dict[int, frozenset[str]]:
    found = {}
    for number, thing in enumerate(world):
        try:
            found[number] = permit.on(thing).fields
        except NotFound:
            continue
    return found


def store(connection: Connection, world: Sequence[Mapping[str, Any]]) -> None:
    for number, thing in enumerate(world):
        row = {"id": str(number), "region": thing["region"], "state": thing["state"]}
        connection.execute(insert(THINGS).values(row))
        for kind in ("agencies", "excluded"):
            for value in thing[kind]:
                connection.execute(insert(PARTS).values(thing=str(number), kind=kind, value=value))


rule_lists = st.tuples(st.lists(allows, min_size=1, max_size=4), st.lists(denies, max_size=2)).map(
    lambda both: both[0] + both[1]
)
worlds = st.lists(things, min_size=1, max_size=6)


@settings(max_examples=300, deadline=None)
@given(rule_lists, callers, worlds)
def test_the_filter_of_a_list_is_the_decision_on_one(rules: Any, caller: Caller, world: Any) -> None:
    try:
        permit = table(rules).permit(caller, "list_things", "work")
    except Forbidden:
        return
    expected = set(decided(permit, world))
    with ENGINE.connect() as connection:
        store(connection, world)
        rows = connection.execute(select(THINGS.c.id).where(permit.sql(COLUMNS, THINGS.c.state)))
        assert {int(row.id) for row in rows} == expected
        parts = permit.branches(COLUMNS, THINGS.c.state)
        found = [row.id for part in parts for row in connection.execute(select(THINGS.c.id).where(part))]
        assert {int(each) for each in found} == expected
        connection.rollback()


@settings(max_examples=200, deadline=None)
@given(rule_lists, denies, callers, worlds)
def test_a_further_deny_never_widens(rules: Any, deny: Any, caller: Caller, world: Any) -> None:
    before, after = seen(table(rules), caller, world), seen(table([*rules, deny]), caller, world)
    assert all(number in before and fields <= before[number] for number, fields in after.items())


@settings(max_examples=200, deadline=None)
@given(rule_lists, callers, worlds, st.integers(0, 3))
def test_losing_an_appointment_never_widens(rules: Any, caller: Caller, world: Any, lost: int) -> None:
    left = tuple(one for number, one in enumerate(caller.appointments) if number != lost)
    before = seen(table(rules), caller, world)
    after = seen(table(rules), Caller.member(caller.subject, left), world)
    assert all(number in before and fields <= before[number] for number, fields in after.items())


# As the docstring of services.kit.policy says; told() is made by kit.schema.session_facts.
ROW_SECURITY = """
create table thing (id integer primary key, region text, state text);
create table part (thing integer, kind text, value text);
create function held(thing integer, kind text, state text) returns text[] language sql stable
    return (select array_agg(p.value) || array_agg(p.value || '#' || held.state) from part p
            where p.thing = held.thing and p.kind = held.kind);
alter table thing enable row level security;
alter table thing force row level security;
create policy written on thing for insert with check (true);
create policy seen on thing for select using (
    (select told('anywhere')) && array['on', 'on#' || state]
    or (select told('same_region')) && array[region, region || '#' || state]
    or (select told('own_agency')) && held(id, 'agencies', state)
    or exists (select from part p where p.thing = id and p.kind = 'agencies' and (select told('both'))
               && array[region || '|' || p.value, region || '|' || p.value || '#' || state])
    or (select told('excluded')) && held(id, 'excluded', state));
create policy not_sealed on thing as restrictive for select
    using (not (select told('not_anywhere')) && array['on', 'on#' || state]);
create policy not_excluded on thing as restrictive for select
    using (not coalesce((select told('not_excluded')) && held(id, 'excluded', state), false));
"""


@pytest.fixture(scope="module")
async def guarded(service_database: Callable[[str], Any]) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(service_database("kit").owner_url)
    await connection.execute(ROW_SECURITY)
    yield connection
    await connection.close()


async def rows_seen(guarded: asyncpg.Connection, facts: Mapping[str, str], world: Any) -> set[int]:
    """What row-level security alone lets out of the world."""
    transaction = guarded.transaction()
    await transaction.start()
    try:
        for number, thing in enumerate(world):
            await guarded.execute(
                "insert into thing values ($1, $2, $3)", number, thing["region"], thing["state"]
            )
            parts = [(number, kind, value) for kind in ("agencies", "excluded") for value in thing[kind]]
            await guarded.executemany("insert into part values ($1, $2, $3)", parts)
        for name, value in facts.items():
            await guarded.execute("select set_config($1, $2, true)", name, value)
        return {row["id"] for row in await guarded.fetch("select id from thing")}
    finally:
        await transaction.rollback()


@settings(max_examples=150, deadline=None)
@given(rules=rule_lists, caller=callers, world=worlds)
async def test_row_level_security_by_facts_is_the_decision(
    guarded: asyncpg.Connection, rules: Any, caller: Caller, world: Any
) -> None:
    try:
        permit = table(rules).permit(caller, "list_things", "work")
    except Forbidden:
        return
    assert await rows_seen(guarded, permit.facts(), world) == set(decided(permit, world))


async def test_without_facts_no_row_is_seen(guarded: asyncpg.Connection) -> None:
    world = [{"region": "polva", "state": "open", "agencies": ["police@polva"], "excluded": []}]
    assert await rows_seen(guarded, {}, world) == set()
