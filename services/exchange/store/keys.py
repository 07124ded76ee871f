"""The keys of stored messages: each message has one of its own, wrapped under a key-encryption key."""

from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.kit.db import Work
from services.kit.sealed import KeyRing

TABLES: Final = ("inbox", "outbox")
FIRST: Final[UUID | None] = UUID(int=0)

_NEXT: Final = {
    table: text(f"""
        select id, key_id, key_wrapped from {table}
        where key_wrapped is not null and id > :after order by id limit :most for update
    """)  # noqa: S608 - the name is a constant
    for table in TABLES
}
_WRITE: Final = {
    table: text(f"""
        update {table} set key_wrapped = fresh.wrapped
        from unnest(cast(:ids as uuid[]), cast(:wrapped as bytea[])) as fresh (id, wrapped)
        where {table}.id = fresh.id
    """)  # noqa: S608 - the name is a constant
    for table in TABLES
}


async def rewrap(
    work: Work, ring: KeyRing, table: str, after: UUID | None, most: int
) -> tuple[UUID | None, list[UUID]]:
    """Wraps anew the keys of up to ``most`` messages that follow an id.

    The id to go on after (None: that was the last), and which messages had a key under an older
    key-encryption key.
    """
    rows = (await work.conn.execute(_NEXT[table], {"after": after, "most": most})).all()
    old = [row for row in rows if not ring.is_active(bytes(row.key_wrapped))]
    ids = [row.id for row in old]
    if old:
        fresh = [ring.rewrap(row.key_id, bytes(row.key_wrapped)) for row in old]
        await work.conn.execute(_WRITE[table], {"ids": ids, "wrapped": fresh})
    return (rows[-1].id if len(rows) == most else None), ids
