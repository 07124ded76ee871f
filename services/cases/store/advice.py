"""Advice to regions, each note sealed under a key of its own."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.cases.model.starts import Advice
from services.cases.store.contents import ONCE, opened, sealed
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.paging import Place
from services.kit.sealed import Aad, KeyRing

_KEY: Final = "insert into data_key (id, kek, wrapped, made_at) values ($1, $2, $3, $4)"
_WRITE: Final = """
    insert into region_advice (id, region, topic, written_by, written_at, written_on, key_id, text_sealed)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_COLUMNS: Final = """
    select a.id, a.region, a.topic, a.written_by, a.written_at, a.text_sealed, a.key_id, k.wrapped
    from region_advice a join data_key k on k.id = a.key_id and k.wrapped is not null
"""
_ONE: Final = f"{_COLUMNS} where a.id = $1"
_PAGE: Final = f"""
    {_COLUMNS} where a.region = $1 and ($2::date is null or (a.written_on, a.id) < ($2, $3))
    order by a.written_on desc, a.id desc limit $4
"""


async def write(work: Work, ring: KeyRing, region: str, topic: str, text: str) -> UUID:
    """Writes a note; its id."""
    row, key, by = new_id(), ring.new_data_key(work.now), work.permit.caller.subject
    await work.fetch(_KEY, key.id, ring.active, key.wrapped, key.made_at)
    value = sealed(key, {"text": text}, _place(row))
    await work.fetch(_WRITE, row, region, topic, by, work.now, local_date(work.now), key.id, value)
    return row


async def one(work: Work, ring: KeyRing, note: UUID) -> Advice | None:
    """A note; row-level security has its say."""
    return next((_advice(row, ring) for row in await work.fetch(_ONE, note)), None)


async def page(work: Work, ring: KeyRing, region: str, after: Place | None, most: int) -> Sequence[Advice]:
    """The notes to a region from a place on, the latest first."""
    day, last = (None, None) if after is None else (after.day, after.id)
    return [_advice(row, ring) for row in await work.fetch(_PAGE, region, day, last, most)]


def _place(row: UUID) -> Aad:
    return Aad("region_advice", "text_sealed", row, ONCE)


def _advice(row: Row, ring: KeyRing) -> Advice:
    text = opened(ring.unwrap(row["key_id"], row["wrapped"]), row["text_sealed"], _place(row["id"]))["text"]
    return Advice(row["id"], row["region"], row["topic"], text, row["written_by"], row["written_at"])
