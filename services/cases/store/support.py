"""The pool of support persons, their training, and their supervision."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.cases.model.support import Particulars, Supervision, SupportPerson, Terms
from services.cases.store.contents import opened, sealed
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.paging import Place
from services.kit.sealed import Aad, DataKey, KeyRing

_KEY: Final = "insert into data_key (id, kek, wrapped, made_at) values ($1, $2, $3, $4)"
_ADD: Final = """
    insert into support_person (id, region, subject, code, languages, places, contract_from, contract_to,
        key_id, sealed, added_by, added_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_CHANGE: Final = """
    update support_person set subject = $2, languages = $3, places = $4, contract_from = $5,
        contract_to = $6, sealed = $7, version = version + 1
    where id = $1
"""
_PEOPLE: Final = """
    select s.id, s.region, s.subject, s.languages, s.places, s.contract_from, s.contract_to, s.key_id,
        s.sealed, s.version, k.wrapped, coalesce(l.active, 0) as active, l.last_on,
        array(select t.module || '=' || t.completed_on from support_training t
              where t.support_person_id = s.id order by t.completed_on, t.module) as trained
    from support_person s join data_key k on k.id = s.key_id and k.wrapped is not null
    left join support_load(array(select x.id from support_person x where {which})) l on l.person = s.id
    where {those}
"""
_ONE: Final = _PEOPLE.format(which="x.id = $1", those="s.id = $1")
_LOCKED: Final = f"{_ONE} for update of s"
_PAGE: Final = _PEOPLE.format(
    which="x.region = $1",
    those="s.region = $1 and ($2::uuid is null or s.id > $2) order by s.id limit $3",
)
_FREE: Final = _PEOPLE.format(
    which="x.region = $1",
    those="""
        s.region = $1
        and (s.code is null or s.code not in (select party_codes($2)))
        and (s.subject is null or $2 not in (select excluded_from(array[s.subject])))
    """,
)
_TRAIN: Final = """
    insert into support_training (support_person_id, module, completed_on, recorded_by, recorded_at)
    values ($1, $2, $3, $4, $5)
"""
_SUPERVISE: Final = """
    insert into support_supervision
        (id, region, kind, held_on, minutes, participants, recorded_by, recorded_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_SUPERVISIONS: Final = """
    select id, region, kind, held_on, minutes, participants, recorded_by, recorded_at
    from support_supervision
    where region = $1 and ($2::date is null or (held_on, id) < ($2, $3))
    order by held_on desc, id desc limit $4
"""
_KNOWN: Final = "select count(*) as known from support_person where region = $1 and id = any ($2::uuid[])"


def _place(row: UUID, version: int) -> Aad:
    return Aad("support_person", "sealed", row, version)


def _told(particulars: Particulars) -> dict[str, Any]:
    return {"name": particulars.name, "phone": particulars.phone, "email": particulars.email}


async def add(  # noqa: PLR0913 - the facts of one person
    work: Work,
    ring: KeyRing,
    region: str,
    particulars: Particulars,
    terms: Terms,
    *,
    subject: str | None,
    code: bytes | None,
) -> UUID:
    """Adds somebody to the pool of a region, under a key of their own; their id."""
    row, key = new_id(), ring.new_data_key(work.now)
    await work.fetch(_KEY, key.id, ring.active, key.wrapped, key.made_at)
    await work.fetch(
        _ADD,
        row,
        region,
        subject,
        code,
        list(terms.languages),
        terms.places,
        terms.contract_from,
        terms.contract_to,
        key.id,
        sealed(key, _told(particulars), _place(row, 1)),
        work.permit.caller.subject,
        work.now,
    )
    return row


async def change(  # noqa: PLR0913, PLR0917 - the facts of one person
    work: Work,
    key: DataKey,
    person: SupportPerson,
    particulars: Particulars,
    terms: Terms,
    subject: str | None,
) -> None:
    """Writes other particulars and terms; after :func:`locked`."""
    await work.fetch(
        _CHANGE,
        person.id,
        subject,
        list(terms.languages),
        terms.places,
        terms.contract_from,
        terms.contract_to,
        sealed(key, _told(particulars), _place(person.id, person.version + 1)),
    )


async def one(work: Work, ring: KeyRing, person: UUID) -> SupportPerson | None:
    """Somebody of the pool that the caller may see."""
    return next((_person(row, _key(row, ring)) for row in await work.fetch(_ONE, person)), None)


async def locked(work: Work, ring: KeyRing, person: UUID) -> tuple[SupportPerson, DataKey] | None:
    """The same to write to, with the key: nobody else changes or assigns them until the transaction ends."""
    rows = await work.fetch(_LOCKED, person)
    if not rows:
        return None
    key = _key(rows[0], ring)
    return _person(rows[0], key), key


async def page(
    work: Work, ring: KeyRing, region: str, after: Place | None, most: int
) -> Sequence[SupportPerson]:
    """The pool of a region, from a place on."""
    last = None if after is None else after.id
    return [_person(row, _key(row, ring)) for row in await work.fetch(_PAGE, region, last, most)]


async def without_conflict(work: Work, ring: KeyRing, region: str, case: UUID) -> Sequence[SupportPerson]:
    """Those of a region who are nobody in the case, and from whom it is not kept."""
    return [_person(row, _key(row, ring)) for row in await work.fetch(_FREE, region, case)]


async def train(work: Work, person: UUID, module: str, completed_on: date) -> None:
    """Keeps that somebody completed a module."""
    await work.fetch(_TRAIN, person, module, completed_on, work.permit.caller.subject, work.now)


async def known(work: Work, region: str, people: Sequence[UUID]) -> int:
    """How many of them are in the pool of the region."""
    [row] = await work.fetch(_KNOWN, region, list(people))
    return int(row["known"])


async def supervise(work: Work, supervision: Supervision) -> None:
    """Keeps a supervision."""
    one = supervision
    told = (one.id, one.region, one.kind, one.held_on, one.minutes, list(one.participants))
    await work.fetch(_SUPERVISE, *told, one.recorded_by, one.recorded_at)


async def supervisions(work: Work, region: str, before: Place | None, most: int) -> Sequence[Supervision]:
    """The supervisions of a region, the newest first."""
    day, last = (None, None) if before is None else (before.day, before.id)
    return [_supervision(row) for row in await work.fetch(_SUPERVISIONS, region, day, last, most)]


def _key(row: Row, ring: KeyRing) -> DataKey:
    return ring.unwrap(row["key_id"], row["wrapped"])


def _person(row: Row, key: DataKey) -> SupportPerson:
    return SupportPerson(
        id=row["id"],
        region=row["region"],
        subject=row["subject"],
        particulars=Particulars(**opened(key, row["sealed"], _place(row["id"], row["version"]))),
        terms=Terms(tuple(row["languages"]), row["places"], row["contract_from"], row["contract_to"]),
        trained={
            module: date.fromisoformat(day)
            for module, _, day in (one.partition("=") for one in row["trained"])
        },
        active=row["active"],
        last_assigned_on=row["last_on"],
        version=row["version"],
    )


def _supervision(row: Row) -> Supervision:
    return Supervision(
        id=row["id"],
        region=row["region"],
        kind=row["kind"],
        held_on=row["held_on"],
        minutes=row["minutes"],
        participants=list(row["participants"]),
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
    )
