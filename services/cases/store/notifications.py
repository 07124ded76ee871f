"""Addresses of members, sealed under a key of their own, and the queue of messages to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.cases.model.duties import Seats
from services.cases.model.ids import KeyId
from services.cases.model.notifications import NOWHERE, Address, Language, Letter, Reader, Slot, Waiting
from services.cases.store import contents
from services.cases.store.duties import FOR_WHOM, FROM
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.sealed import Aad, DataKey, KeyRing, SealBroken

_MINE: Final = "select id from member where subject = $1"
_READ: Final = """
    select a.member_id, a.language, a.version, a.sealed, a.key_id, k.wrapped
    from member m join member_address a on a.member_id = m.id
    join data_key k on k.id = a.key_id and k.wrapped is not null where m.subject = $1
"""
_FORGET: Final = """
    with gone as (delete from member_address where member_id = $1 returning key_id)
    update data_key set kek = null, wrapped = null, destroyed_at = $2
    from gone where data_key.id = gone.key_id
"""
_KEY: Final = "insert into data_key (id, kek, wrapped, made_at) values ($1, $2, $3, $4)"
_WRITE: Final = """
    insert into member_address (member_id, language, version, sealed, key_id, changed_at)
    values ($1, $2, 1, $3, $4, $5)
"""
_READERS: Final = """
    select m.id, m.subject, last.planned_at, last.day
    from member_address a join member m on m.id = a.member_id
    left join lateral (
        select n.planned_at, n.day, n.hour from notification n where n.member_id = m.id
        order by n.day desc, n.hour desc limit 1
    ) as last on true
    where last.day is null or (last.day, last.hour) < ($1::date, $2::integer)
    order by m.id limit $3
"""
_WAITING: Final = f"""
    select count(*) as waiting, count(*) filter (where d.warn_on is not null and (
        d.opened_at > coalesce($7::timestamptz, now() - interval '1 day')
        or (d.warn_on > $8::date and d.warn_on <= $6) or (d.due_on >= $8 and d.due_on < $6)
        or (d.escalate_on > $8 and d.escalate_on <= $6)
    )) as fresh
    {FROM} where d.state = 'open' and {FOR_WHOM}
"""
_PLAN: Final = """
    insert into notification (id, member_id, day, hour, count, state, due_at)
    select $1, $2, $3, $4, $5, case when $5 > 0 then 'waiting' else 'nothing' end, now()
    where exists (select from member_address where member_id = $2)
    on conflict (member_id, day, hour) do nothing returning id
"""
_CLAIM: Final = """
    with due as (
        select id from notification where state = 'waiting' and due_at <= now()
        order by due_at limit $1 for update skip locked
    ), taken as (
        update notification n set tries = tries + 1, due_at = now() + interval '5 minutes'
        from due where n.id = due.id returning n.id, n.member_id, n.count, n.tries
    )
    select t.id, t.count, t.tries, a.member_id, a.language, a.version, a.sealed, a.key_id, k.wrapped
    from taken t left join member_address a on a.member_id = t.member_id
    left join data_key k on k.id = a.key_id
"""
_SETTLE: Final = """
    update notification set state = $2, sent_at = case when $2 = 'sent' then now() end where id = $1
"""
_LATER: Final = "update notification set due_at = now() + $2::interval where id = $1"


@dataclass(frozen=True, slots=True)
class Claimed:
    """Messages that are this sender's for some minutes, and those whose reader has no address any more."""

    letters: Sequence[Letter]
    nowhere: Sequence[UUID]


async def mine(work: Work, ring: KeyRing) -> Address:
    """Where the caller is written to."""
    rows = await work.fetch(_READ, work.permit.caller.subject)
    return _address(rows[0], ring) if rows else NOWHERE


async def write(work: Work, ring: KeyRing, address: Address) -> bool:
    """Writes where the caller is written to, and destroys the key of what was; False for no member."""
    rows = await work.fetch(_MINE, work.permit.caller.subject)
    if not rows:
        return False
    member = rows[0]["id"]
    await work.fetch(_FORGET, member, work.now)
    if address.email is not None:
        key = ring.new_data_key(work.now)
        await work.fetch(_KEY, key.id, ring.active, key.wrapped, work.now)
        sealed = _sealed(key, member, address.email)
        await work.fetch(_WRITE, member, address.language.value, sealed, key.id, work.now)
    return True


async def readers(work: Work, slot: Slot, most: int) -> Sequence[Reader]:
    """Members with an address whom nobody has looked at in a slot."""
    rows = await work.fetch(_READERS, slot.day, slot.hour, most)
    return [Reader(row["id"], row["subject"], row["planned_at"], row["day"]) for row in rows]


async def waiting(work: Work, seats: Seats, last_at: datetime | None, last_day: date | None) -> Waiting:
    """What waits for who sits there; by the rights of whose transaction this is."""
    today = local_date(work.now)
    rows = await work.fetch(
        _WAITING,
        list(seats.roles),
        list(seats.places),
        list(seats.agencies),
        seats.subject,
        list(seats.regions),
        today,
        last_at,
        last_day or today,
    )
    return Waiting(rows[0]["waiting"], rows[0]["fresh"])


async def plan(work: Work, member: UUID, slot: Slot, count: int) -> UUID | None:
    """Queues a message, or notes that there is nothing to tell; None when somebody else has."""
    rows = await work.fetch(_PLAN, new_id(), member, slot.day, slot.hour, count)
    return rows[0]["id"] if rows else None


async def claim(work: Work, ring: KeyRing, most: int) -> Claimed:
    """Takes messages that are due; each is one sender's at a time."""
    letters, nowhere = [], []
    for row in await work.fetch(_CLAIM, most):
        try:
            if row["wrapped"] is not None:
                letters.append(Letter(row["id"], _address(row, ring), row["count"], row["tries"]))
                continue
        except SealBroken:
            pass  # told by the state that it gets
        nowhere.append(row["id"])
    return Claimed(letters, nowhere)


async def settle(work: Work, letter: UUID, state: str) -> None:
    """A message is ``sent``, or ``dropped``."""
    await work.fetch(_SETTLE, letter, state)


async def later(work: Work, letter: UUID, at: datetime) -> None:
    """A message is tried again at an instant of our clock."""
    await work.fetch(_LATER, letter, at - work.now)


def _sealed(key: DataKey, member: UUID, email: str) -> bytes:
    return contents.sealed(key, {"email": email}, address_place(member))


def address_place(member: UUID) -> Aad:
    """Where a member is written to; every change has a new key."""
    return Aad("member_address", "sealed", member, contents.ONCE)


def _address(row: Row, ring: KeyRing) -> Address:
    key = ring.unwrap(KeyId(row["key_id"]), row["wrapped"])
    told = contents.opened(key, row["sealed"], address_place(row["member_id"]))
    return Address(told["email"], Language(row["language"]))
