from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.kit import schema


@pytest.mark.parametrize("name", ["", "Event", "event; drop table audit", "event log", "1event", "e" * 60])
def test_a_name_that_is_no_tables_is_refused(name: str) -> None:
    for script in (schema.sequenced_log, schema.row_security, schema.grants):
        with pytest.raises(ValueError, match="a table's name"):
            script(name)


async def test_what_is_not_granted_is_not_allowed(kit_database: Any, owner: Any) -> None:
    """Rights of the service and of the auditor on every table, as a whole."""
    rows = await owner.fetch(
        """select grantee, table_name,
           string_agg(lower(privilege_type), ' ' order by privilege_type) as rights
           from information_schema.role_table_grants where table_schema = 'public'
           and grantee in ('kit_app', 'kit_auditor') group by 1, 2"""
    )
    rights = {(row["grantee"].removeprefix("kit_"), row["table_name"]): row["rights"] for row in rows}
    logs = ("audit", "event", "audit_node", "audit_checkpoint", "letter", "letter_node", "letter_checkpoint")
    reads = ("alembic_version", "log_epoch", "audit_position", "event_position", "letter_position")
    assert rights == (
        {("app", log): "insert select" for log in logs}
        | {(role, table): "select" for role in ("app", "auditor") for table in reads}
        | {("auditor", table): "select" for table in (*logs, "feed_cursor", "applied_event", "note")}
        | {("app", "feed_cursor"): "insert select update", ("app", "applied_event"): "insert select"}
        | {("app", table): "delete insert select update" for table in ("idempotency", "note")}
    )


async def test_a_row_of_a_log_waits_in_the_transaction_that_wrote_it(kit_database: Any, owner: Any) -> None:
    connection = await asyncpg.connect(kit_database.url)
    transaction = connection.transaction()
    await transaction.start()
    values = [(uuid4(), "stream", number) for number in range(3)]
    await connection.executemany("insert into event values ($1, $2, $3)", values)
    assert await owner.fetchval("select count(*) from event_pending") == 0
    await transaction.commit()
    await connection.close()
    waiting = await owner.fetch("select event_id from event_pending order by id")
    assert [row["event_id"] for row in waiting] == [value[0] for value in values]


async def test_a_statement_of_many_rows_enlists_each_in_order(kit_database: Any, owner: Any) -> None:
    await owner.execute(
        "insert into event select gen_random_uuid(), 'stream', n from generate_series(1, 500) n order by n"
    )
    versions = await owner.fetchval(
        "select array_agg(version order by p.id) from event_pending p join event e on e.id = p.event_id"
    )
    assert versions == list(range(1, 501))


async def test_a_move_is_told_to_who_listens(kit_database: Any, owner: Any) -> None:
    told: list[str] = []
    await owner.add_listener("event_position", lambda *notice: told.append(notice[-1]))
    connection = await asyncpg.connect(kit_database.url)
    for expected in (1, 0):
        await connection.execute(
            "insert into event select gen_random_uuid(), 's', $1::int where $1 = 1", expected
        )
        assert await connection.fetchval("select sequence_event(10)") == expected
    await connection.close()
    await owner.fetchval("select 1")
    assert told == ["0"]


async def test_facts_are_empty_without_a_permit(kit_database: Any, owner: Any) -> None:
    assert await owner.fetchval("select fact('region')") == ""
    assert await owner.fetchval("select told('region')") == []
    async with owner.transaction():
        await owner.execute("select set_config('turvavork.region', 'polva,valga', true)")
        assert await owner.fetchval("select told('region')") == ["polva", "valga"]
    assert await owner.fetchval("select told('region')") == []
