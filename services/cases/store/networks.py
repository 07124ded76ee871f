"""Who sits in which network: rows with a first day and an end; contacts are sealed under a key of the row."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.model.networks import Contact, NetworkMember, Seat, Sitting
from services.cases.store.contents import opened, sealed
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.paging import Place
from services.kit.sealed import Aad, DataKey, KeyRing

_NOBODY: Final = Contact(None, None, None)
_COLUMNS: Final = """
    select n.id, n.region, n.agency, n.unit, n.seat, n.valid_from, n.valid_to, n.left_reason, n.version,
        n.key_id, n.contact_sealed, n.contact_version, k.wrapped
    from network_member n left join data_key k on k.id = n.key_id
"""
_ONE: Final = f"{_COLUMNS} where n.id = $1"
_LOCKED: Final = f"{_ONE} for update of n"
_PAGE: Final = f"""
    {_COLUMNS} where n.region = $1
    and ($2::date is null or (n.valid_from <= $2 and (n.valid_to is null or n.valid_to > $2)))
    and ($3::date is null or (n.valid_from, n.id) < ($3, $4))
    order by n.valid_from desc, n.id desc limit $5
"""
_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('network_member ' || $1, 0))"
_KEY: Final = "insert into data_key (id, kek, wrapped, made_at) values ($1, $2, $3, $4)"
_ADD: Final = """
    insert into network_member (id, region, agency, unit, seat, valid_from, valid_to, key_id, contact_sealed,
        contact_version, version, author, created_at)
    select $1::uuid, $2::text, $3::text, $4::text, $5::text, $6::date, $7::date, $8::uuid, $9::bytea, 1, 1,
        $10::text, $11::timestamptz
    where not exists (
        select from network_member n where n.region = $2 and n.agency = $3 and n.unit is not distinct from $4
        and (n.valid_to is null or n.valid_to > $6) and ($7 is null or n.valid_from < $7)
    )
    returning id
"""
_CHANGE: Final = """
    update network_member set seat = $2, contact_sealed = $3, contact_version = version + 1,
        version = version + 1
    where id = $1
"""
_END: Final = """
    update network_member set valid_to = $2, left_reason = $3, version = version + 1 where id = $1
"""


async def page(  # noqa: PLR0913, PLR0917 - what a list can be asked
    work: Work, ring: KeyRing, region: str, on: date | None, after: Place | None, most: int
) -> Sequence[NetworkMember]:
    """Members of a network on a day (None: on any), from a place on, those who came last first."""
    day, last = (None, None) if after is None else (after.day, after.id)
    return [_member(row, ring) for row in await work.fetch(_PAGE, region, on, day, last, most)]


async def one(work: Work, ring: KeyRing, member: UUID) -> NetworkMember | None:
    """A member of a network that the caller's region lets the caller see."""
    return next((_member(row, ring) for row in await work.fetch(_ONE, member)), None)


async def locked(work: Work, ring: KeyRing, member: UUID) -> NetworkMember | None:
    """The same to write to: nobody else changes it until the transaction ends."""
    return next((_member(row, ring) for row in await work.fetch(_LOCKED, member)), None)


async def add(work: Work, ring: KeyRing, region: str, sitting: Sitting) -> UUID | None:
    """Seats an agency; None when it sits there, under the same unit, on one of those days already."""
    row, key = new_id(), ring.new_data_key(work.now)
    await work.fetch(_LOCK, region)
    await work.fetch(_KEY, key.id, ring.active, key.wrapped, key.made_at)
    made = await work.fetch(
        _ADD,
        row,
        region,
        sitting.agency,
        sitting.unit,
        sitting.seat.value,
        sitting.valid_from,
        sitting.valid_to,
        key.id,
        _sealed(key, sitting.contact, row, 1),
        work.permit.caller.subject,
        work.now,
    )
    return row if made else None


async def change(work: Work, ring: KeyRing, member: NetworkMember, seat: Seat, contact: Contact) -> None:
    """Writes another seat and contact; after :func:`locked`."""
    [row] = await work.fetch(_ONE, member.id)
    key = ring.unwrap(row["key_id"], row["wrapped"])
    value = _sealed(key, contact, member.id, member.version + 1)
    await work.fetch(_CHANGE, member.id, seat.value, value)


async def end(work: Work, member: UUID, last: date, reason: str) -> None:
    """The seat ends on a day (exclusive); after :func:`locked`."""
    await work.fetch(_END, member, last, reason)


def _place(row: UUID, version: int) -> Aad:
    return Aad("network_member", "contact_sealed", row, version)


def _sealed(key: DataKey, contact: Contact, row: UUID, version: int) -> bytes:
    content = {"name": contact.name, "email": contact.email, "phone": contact.phone}
    return sealed(key, content, _place(row, version))


def _member(row: Row, ring: KeyRing) -> NetworkMember:
    contact = _NOBODY
    if row["wrapped"] is not None:
        key = ring.unwrap(row["key_id"], row["wrapped"])
        contact = Contact(**opened(key, row["contact_sealed"], _place(row["id"], row["contact_version"])))
    sitting = Sitting(
        row["agency"], row["unit"], Seat(row["seat"]), row["valid_from"], row["valid_to"], contact
    )
    return NetworkMember(row["id"], row["region"], sitting, row["left_reason"], row["version"])
