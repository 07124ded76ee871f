"""Regions on their way to the first meeting: what was confirmed, withdrawn and recorded stays written."""

from collections.abc import Mapping
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.model.starts import Confirmation, FirstMeeting, RegionStart
from services.cases.store.contents import ONCE, opened, sealed
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.sealed import Aad, KeyRing

_ITEMS: Final = """
    select i.id, i.item, i.confirmed_by, i.confirmed_at, i.confirmed_on, i.withdrawn_by, i.evidence_sealed,
        i.key_id, k.wrapped
    from region_start_item i left join data_key k on k.id = i.key_id where i.region = $1
"""
_MEETING: Final = """
    select m.id, m.held_on, m.recorded_by, m.recorded_at, m.missing_sealed, m.key_id, k.wrapped
    from region_first_meeting m left join data_key k on k.id = m.key_id where m.region = $1
"""
_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('region_start ' || $1, 0))"
_KEY: Final = "insert into data_key (id, kek, wrapped, made_at) values ($1, $2, $3, $4)"
_CONFIRM: Final = """
    insert into region_start_item (id, region, item, confirmed_by, confirmed_at, confirmed_on, key_id,
        evidence_sealed)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_WITHDRAW: Final = """
    update region_start_item set withdrawn_by = $3, withdrawn_at = $4
    where region = $1 and item = $2 and withdrawn_by is null
"""
_RECORD: Final = """
    insert into region_first_meeting (id, region, held_on, recorded_by, recorded_at, key_id, missing_sealed)
    values ($1, $2, $3, $4, $5, $6, $7)
"""


async def read(work: Work, ring: KeyRing, region: str) -> RegionStart:
    """Where a region stands; a region that has nothing yet is in its first version."""
    items, meetings = await work.fetch(_ITEMS, region), await work.fetch(_MEETING, region)
    standing = [row for row in items if row["withdrawn_by"] is None]
    confirmations = {row["item"]: _confirmation(row, ring) for row in standing}
    meeting = _meeting(meetings[0], ring) if meetings else None
    changes = len(items) + (len(items) - len(standing)) + len(meetings)
    return RegionStart(region, confirmations, meeting, 1 + changes)


async def locked(work: Work, ring: KeyRing, region: str) -> RegionStart:
    """The same to write to: nobody else changes it until the transaction ends."""
    await work.fetch(_LOCK, region)
    return await read(work, ring, region)


async def confirm(work: Work, ring: KeyRing, region: str, item: str, evidence: str) -> None:
    """Writes that a region has something."""
    row, on = new_id(), local_date(work.now)
    key, value = await _sealed(work, ring, {"evidence": evidence}, _evidence_place(row))
    await work.fetch(_CONFIRM, row, region, item, work.permit.caller.subject, work.now, on, key, value)


async def withdraw(work: Work, region: str, item: str) -> None:
    """Writes that a region does not have it after all."""
    await work.fetch(_WITHDRAW, region, item, work.permit.caller.subject, work.now)


async def record(work: Work, ring: KeyRing, region: str, held_on: date, missing: Mapping[str, str]) -> None:
    """Writes the first meeting."""
    row = new_id()
    key, value = await _sealed(work, ring, {"missing": dict(missing)}, _missing_place(row))
    await work.fetch(_RECORD, row, region, held_on, work.permit.caller.subject, work.now, key, value)


async def _sealed(work: Work, ring: KeyRing, content: dict[str, object], place: Aad) -> tuple[UUID, bytes]:
    key = ring.new_data_key(work.now)
    await work.fetch(_KEY, key.id, ring.active, key.wrapped, key.made_at)
    return key.id, sealed(key, content, place)


def _evidence_place(row: UUID) -> Aad:
    return Aad("region_start_item", "evidence_sealed", row, ONCE)


def _missing_place(row: UUID) -> Aad:
    return Aad("region_first_meeting", "missing_sealed", row, ONCE)


def _confirmation(row: Row, ring: KeyRing) -> Confirmation:
    key = ring.unwrap(row["key_id"], row["wrapped"])
    text = opened(key, row["evidence_sealed"], _evidence_place(row["id"]))["evidence"]
    return Confirmation(row["item"], row["confirmed_by"], row["confirmed_at"], row["confirmed_on"], text)


def _meeting(row: Row, ring: KeyRing) -> FirstMeeting:
    key = ring.unwrap(row["key_id"], row["wrapped"])
    why = opened(key, row["missing_sealed"], _missing_place(row["id"]))["missing"]
    return FirstMeeting(row["held_on"], row["recorded_by"], row["recorded_at"], why)
