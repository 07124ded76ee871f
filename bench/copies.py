"""A register made larger by copies of what is in it: other ids, references and blind values, the same shape.

Each id of a copy is made of the id that it is a copy of and the number of the copy, so that rows which belong
together still do. What was sealed is copied as it is, and can be opened no more: it is bound to its row.
"""

from collections.abc import Mapping
from typing import Final

import asyncpg

#: What grows with the number of cases, in an order in which nothing is missed.
TABLES: Final = (
    "data_key",
    "stream",
    "person",
    "person_index",
    "referral",
    "assessment",
    "marac_case",
    "case_agency",
    "participation",
    "duty",
    "case_step",
    "event",
    "event_position",
)
_COLUMNS: Final = """
    select a.attname as name, format_type(a.atttypid, a.atttypmod) as type from pg_attribute a
    where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    order by a.attnum
"""
#: Columns that are no id, and yet somebody's own.
_OWN: Final[Mapping[tuple[str, str], str]] = {
    ("referral", "reference"): """
        'TV-' || substr(m, 1, 4) || '-' || substr(m, 5, 4) || '-' || substr(m, 9, 4) || '-'
            || substr(m, 13, 4) || '-0'
    """,
    ("referral", "sender_reference"): "sender_reference || '/' || $1::integer",
    ("person_index", "value"): """
        case when kind in ('birth-date', 'birth-swapped') then value
             else sha256(value || $1::integer::text::bytea) end
    """,
    ("marac_case", "handle"): "md5(handle || '/' || $1::integer)",
    ("event_position", "position"): "position + $2::bigint",
}


async def grow(connection: asyncpg.Connection, times: int) -> None:
    """Makes the register so many times as large; triggers and foreign keys are off meanwhile."""
    columns = {table: await connection.fetch(_COLUMNS, table) for table in TABLES}
    originals = {}
    for table in TABLES:
        await connection.execute(f"create temporary table original_{table} as table {table}")
        originals[table] = f"original_{table}"
    step = 1 + await connection.fetchval("select coalesce(max(position), 0) from event_position")
    await connection.execute("set session_replication_role = replica")
    try:
        for copy in range(1, times):
            for table in TABLES:
                await connection.execute(_statement(table, columns[table], copy, step * copy))
    finally:
        await connection.execute("reset session_replication_role")
        for name in originals.values():
            await connection.execute(f"drop table {name}")


def _statement(table: str, columns: list[asyncpg.Record], copy: int, shift: int) -> str:
    names = ", ".join(f'"{each["name"]}"' for each in columns)
    values = ", ".join(_value(table, each["name"], each["type"], copy) for each in columns)
    hashed = ", upper(md5(o.id::text || '/' || $1::integer)) as m" if table == "referral" else ""
    text = (
        f"insert into {table} ({names}) select {values} from (select o.*{hashed} from original_{table} o) o"  # noqa: S608
    )
    return text.replace("$1::integer", f"{copy}").replace("$2::bigint", f"{shift}")


def _value(table: str, name: str, kind: str, copy: int) -> str:
    if (table, name) in _OWN:
        return _OWN[table, name]
    return f"md5(\"{name}\"::text || '/{copy}')::uuid" if kind == "uuid" else f'"{name}"'
