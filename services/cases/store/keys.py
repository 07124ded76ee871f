"""Data keys: one per referral, wrapped under a key-encryption key that is not in the database."""

from uuid import UUID

from sqlalchemy import text

from services.cases.model.ids import KeyId
from services.kit.db import Work
from services.kit.problem import NotFound
from services.kit.sealed import DataKey, KeyRing

_LOAD = text("select id, wrapped from data_key where id = any (cast(:ids as uuid[])) and wrapped is not null")
_MAKE = "insert into data_key (id, kek, wrapped, made_at) values ($1, $2, $3, $4)"
_OLD = text("""
    select id, wrapped from data_key where wrapped is not null and kek <> :active
    order by id limit :most for update skip locked
""")
_REWRAP = text("""
    update data_key set kek = :active, wrapped = fresh.wrapped
    from unnest(cast(:ids as uuid[]), cast(:wrapped as bytea[])) as fresh (id, wrapped)
    where data_key.id = fresh.id
""")


async def load(work: Work, ring: KeyRing, ids: list[UUID]) -> dict[KeyId, DataKey]:
    """The data keys with these ids; those that were destroyed are not among them."""
    rows = await work.conn.execute(_LOAD, {"ids": ids})
    return {KeyId(row.id): ring.unwrap(row.id, row.wrapped) for row in rows}


async def load_one(work: Work, ring: KeyRing, key_id: UUID) -> DataKey:
    """One data key; NotFound when it was destroyed: what it sealed is gone."""
    found = await load(work, ring, [key_id])
    if KeyId(key_id) not in found:
        raise NotFound
    return found[KeyId(key_id)]


async def make(work: Work, ring: KeyRing) -> DataKey:
    """A new data key, kept."""
    key = ring.new_data_key(work.now)
    await work.fetch(_MAKE, key.id, ring.active, key.wrapped, work.now)
    return key


async def rewrap(work: Work, ring: KeyRing, most: int) -> list[UUID]:
    """Wraps up to ``most`` keys anew under the active key-encryption key; which ones."""
    rows = (await work.conn.execute(_OLD, {"active": ring.active, "most": most})).all()
    ids = [row.id for row in rows]
    if rows:
        fresh = [ring.rewrap(row.id, row.wrapped) for row in rows]
        await work.conn.execute(_REWRAP, {"active": ring.active, "ids": ids, "wrapped": fresh})
    return ids
