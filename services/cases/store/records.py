"""What is known of people within a case: versions of entries, sealed under the case's key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.cases.model.codes import Role
from services.cases.model.dossiers import Reach
from services.cases.model.ids import CaseId, PersonId
from services.cases.model.records import Entry, Only, Told, Value
from services.cases.store import contents, dossiers
from services.kit.calendar import local_date, parse_date
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.paging import Place
from services.kit.sealed import Aad, DataKey, KeyRing

_COLUMNS: Final = """
    e.id, e.version, e.case_id, e.person_id, e.role, e.category, e.source, e.confidence, e.valid_from,
    e.valid_to, e.protected, e.recorded_at, e.recorded_on, e.recorded_by, e.retracted, e.sealed, n.replaced_at
"""
_FROM: Final = """
    from person_entry e left join lateral (
        select f.recorded_at as replaced_at from person_entry f
        where f.id = e.id and f.version = e.version + 1
    ) n on true
"""
_HOLDS: Final = "n.replaced_at is null and e.retracted is null"
_LIST: Final = f"""
    select {_COLUMNS} {_FROM} where e.case_id = $1 and e.category = any ($2::text[])
    and ($3::uuid is null or e.person_id = $3) and ($4::text is null or e.category = $4) and {_HOLDS}
    and ($5::date is null or (e.recorded_on, e.id) < ($5, $6::uuid))
    order by e.recorded_on desc, e.id desc limit $7
"""
_VERSIONS: Final = f"select {_COLUMNS} {_FROM} where e.id = $1 order by e.version desc"
_LAST: Final = f"{_VERSIONS} limit 1"
_WRITE: Final = """
    insert into person_entry (
        id, version, case_id, person_id, role, category, source, confidence, valid_from, valid_to, protected,
        recorded_at, recorded_on, recorded_by, retracted, sealed
    ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""
_OF_PEOPLE: Final = f"""
    select {_COLUMNS}, c.region, c.state, k.id as key_id, k.wrapped, {dossiers.AGENCIES.format(case="c.id")}
    {_FROM} join marac_case c on c.id = e.case_id
    join data_key k on k.id = c.key_id and k.wrapped is not null
    where e.person_id = any ($1) and e.category = any ($2::text[]) and {_HOLDS}
    order by e.recorded_at, e.id
"""
_DATES: Final = frozenset({"birthDate", "day"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries of a case: of readable categories, from a place on, so many."""

    readable: Sequence[str]
    only: Only
    before: Place | None
    most: int


def entry_place(entry: UUID, version: int) -> Aad:
    """What was told of a person."""
    return Aad("person_entry", "sealed", entry, version)


async def of_case(work: Work, case: CaseId, key: DataKey, wanted: Wanted) -> Sequence[Entry]:
    """The entries of a case that hold, the latest recorded first."""
    only, before = wanted.only, wanted.before
    day, last = (None, None) if before is None else (before.day, before.id)
    rows = await work.fetch(
        _LIST, case, list(wanted.readable), only.person, only.category, day, last, wanted.most
    )
    return [_entry(row, key) for row in rows]


async def case_of(work: Work, entry: UUID) -> CaseId | None:
    """In which case an entry is, of those that the caller may see."""
    rows = await work.fetch(_LAST, entry)
    return CaseId(rows[0]["case_id"]) if rows else None


async def versions(work: Work, entry: UUID, key: DataKey) -> Sequence[Entry]:
    """All versions of an entry, the one that holds first."""
    return [_entry(row, key) for row in await work.fetch(_VERSIONS, entry)]


async def write(work: Work, entry: Entry, key: DataKey) -> None:
    """Writes a version of an entry; a retraction has no value."""
    told = entry.told
    place = entry_place(entry.id, entry.version)
    value = None if entry.retracted else contents.sealed(key, _plain(told.value), place)
    await work.fetch(
        _WRITE,
        entry.id,
        entry.version,
        entry.case,
        entry.person,
        entry.role.value,
        entry.category,
        told.source,
        told.confidence,
        told.valid_from,
        told.valid_to,
        told.protected,
        entry.recorded_at,
        local_date(entry.recorded_at),
        entry.recorded_by,
        entry.retracted,
        value,
    )


async def of_people(
    work: Work, ring: KeyRing, people: Sequence[PersonId], categories: Sequence[str]
) -> Sequence[tuple[Entry, Reach]]:
    """What holds of people in whatever case it was told, with what decides who may see the case."""
    keys: dict[UUID, DataKey] = {}
    found = []
    for row in await work.fetch(_OF_PEOPLE, list(people), list(categories)):
        if row["key_id"] not in keys:
            keys[row["key_id"]] = ring.unwrap(row["key_id"], row["wrapped"])
        found.append((_entry(row, keys[row["key_id"]]), dossiers.reach_of(row)))
    return found


def _plain(value: Value) -> dict[str, Any]:
    return {name: one.isoformat() if isinstance(one, date) else one for name, one in value.items()}


def _entry(row: Row, key: DataKey) -> Entry:
    sealed = row["sealed"]
    kept = contents.opened(key, sealed, entry_place(row["id"], row["version"])) if sealed else {}
    return Entry(
        id=row["id"],
        version=row["version"],
        case=CaseId(row["case_id"]),
        person=PersonId(row["person_id"]),
        role=Role(row["role"]),
        category=row["category"],
        told=Told(
            source=row["source"],
            confidence=row["confidence"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            protected=row["protected"],
            value={name: parse_date(one) if name in _DATES else one for name, one in kept.items()},
        ),
        recorded_at=row["recorded_at"],
        recorded_by=row["recorded_by"],
        retracted=row["retracted"],
        replaced_at=row["replaced_at"],
    )
