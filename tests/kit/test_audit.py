import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from services.kit.audit import Entry, Handles, capacity, leaf, write
from services.kit.db import Database
from services.kit.policy import Appointment, Caller

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
MAYBE = st.none() | WORDS
INSTANTS = st.datetimes(timezones=st.just(UTC))
ENTRIES = st.builds(
    Entry,
    recorded_at=INSTANTS,
    actor=WORDS,
    actor_kind=st.just("member"),
    service=MAYBE,
    role=WORDS,
    attributes=st.lists(WORDS, max_size=3),
    purpose=WORDS,
    basis=MAYBE,
    operation=WORDS,
    action=st.just("read"),
    objects=st.lists(WORDS, max_size=3),
    fields=st.lists(WORDS, max_size=3),
    decision=st.just("allow"),
    rule_id=MAYBE,
    problem=st.none(),
    request_id=WORDS,
    client=MAYBE,
)


def test_a_leaf_is_that_of_rfc_9162_over_salt_and_bytes() -> None:
    salt, canonical = bytes(32), b'{"a":1}'
    assert leaf(salt, canonical) == hashlib.sha256(b"\x00" + salt + canonical).digest()
    # An empty input gives the published leaf hash of RFC 6962's test vectors.
    assert leaf(b"", b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@given(ENTRIES)
def test_the_canonical_bytes_say_all_that_the_row_says(entry: Entry) -> None:
    row = entry.row()
    said = json.loads(row["canonical"])
    columns = set(row) - {"salt", "canonical", "leaf"}
    assert set(said) == columns
    assert {**said, "id": row["id"], "recorded_at": entry.recorded_at} == {
        name: row[name] for name in columns
    }
    assert datetime.fromisoformat(said["recorded_at"]) == entry.recorded_at
    assert row["leaf"] == leaf(row["salt"], row["canonical"])


@given(ENTRIES)
def test_equal_entries_have_different_leaves(entry: Entry) -> None:
    """Without the salt, what was recorded could be guessed from its leaf."""
    first, second = entry.row(), entry.row()
    assert first["salt"] != second["salt"]
    assert first["leaf"] != second["leaf"]


@given(ENTRIES, WORDS)
def test_a_change_of_what_is_said_changes_the_leaf(entry: Entry, other: str) -> None:
    row, changed = entry.row(), replace(entry, purpose=entry.purpose + other + "!").row()
    assert leaf(row["salt"], changed["canonical"]) != row["leaf"]


def test_a_handle_is_equal_for_a_thing_and_tells_nothing_without_the_key() -> None:
    thing, handles = uuid4(), Handles(bytes(32))
    assert handles.of(thing) == handles.of(str(thing))
    assert handles.of(thing) != Handles(b"1" * 32).of(thing)
    assert str(thing) not in handles.of(thing)
    assert len({handles.of(f"TV-{number}") for number in range(1000)}) == 1000


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Handles(b"short")


def test_the_capacity_is_that_of_all_appointments() -> None:
    held = (
        Appointment("coordinator", {"region": "polva"}),
        Appointment("coordinator", {"region": "valga"}),
        Appointment("agency-member", {"region": "valga", "agency": "police"}),
    )
    said = capacity(Caller.member("member-1", held, "exchange"), Handles(bytes(32)))
    assert said == {
        "actor": "member-1",
        "actor_kind": "member",
        "service": "exchange",
        "role": "agency-member+coordinator+service:exchange",
        "attributes": ["agency=police", "region=polva", "region=valga"],
    }


def test_what_a_system_claims_is_kept_as_handles() -> None:
    told = (("userId", "EE48805042711"), ("issue", "2017-1203"))
    caller = replace(Caller.system("EE/GOV/1/a", "exchange"), claims=told)
    said = capacity(caller, Handles(bytes(32)))
    assert said["attributes"] == sorted(
        f"claim:{name}={Handles(bytes(32)).of(value)}" for name, value in told
    )
    assert "48805042711" not in repr(caller)


async def test_what_is_stored_is_what_was_said_and_the_database_checks_the_leaf(
    database: Database, kit: Any, owner: Any
) -> None:
    entry = Entry(
        recorded_at=kit.now + timedelta(microseconds=1),
        **capacity(kit.caller(), Handles(bytes(32))),
        purpose="case-work",
        basis=None,
        operation="get_note",
        action="read",
        objects=["ab", "õ"],
        fields=[],
        decision="allow",
        rule_id="r",
        problem=None,
        request_id=kit.request,
        client=None,
    )
    async with database.work(kit.permit(), kit.request) as work:
        await write(work.conn, [entry, entry])
        await write(work.conn, [])
    for row in await owner.fetch("select * from audit"):
        said = json.loads(row["canonical"])
        assert (said.pop("id"), said.pop("recorded_at")) == (str(row["id"]), "2017-03-02T12:00:00.000001Z")
        assert said == {name: row[name] for name in said}
        assert row["recorded_at"] == entry.recorded_at
    with pytest.raises(Exception, match="audit_check"):
        await owner.execute("update audit set canonical = canonical || '\\x20'::bytea")


async def test_several_rows_go_by_one_statement_whatever_their_lists_say(
    database: Database, kit: Any, owner: Any
) -> None:
    """The rows keep their order, and a list is what it was: with quotes, commas, nothing, or no item."""
    lists = [[], [""], ['a"b', "c\\d"], ["null", "NULL", "{}", ","], [" õ ", "line\nline", "\t"]]
    async with database.work(kit.permit(), kit.request) as work:
        for attributes in lists:
            work._entries.append(_entry(kit, attributes))
    rows = await owner.fetch("select * from audit join audit_pending p on audit_id = audit.id order by p.id")
    assert [row["attributes"] for row in rows] == lists
    assert [row["objects"] for row in rows] == lists
    assert all(json.loads(row["canonical"])["attributes"] == row["attributes"] for row in rows)


def _entry(kit: Any, words: list[str]) -> Entry:
    return Entry(
        **(dict(capacity(kit.caller(), Handles(bytes(32)))) | {"attributes": words}),
        recorded_at=kit.now,
        purpose="case-work",
        basis=None,
        operation="get_note",
        action="read",
        objects=words,
        fields=words,
        decision="allow",
        rule_id="r",
        problem=None,
        request_id=kit.request,
        client=None,
    )


async def test_every_row_waits_for_its_position(database: Database, kit: Any, owner: Any) -> None:
    async with database.work(kit.permit(), kit.request) as work:
        work.audit("read", ["a"])
        work.audit("read", ["b"])
    assert await owner.fetchval("select count(*) from audit join audit_pending on audit_id = audit.id") == 2
    async with database.work(kit.permit(), kit.request) as work:
        assert (await work.conn.execute(text("select sequence_audit(10)"))).scalar_one() == 2
