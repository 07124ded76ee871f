"""People: opaque ids, and the blind indexes by which they are found again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from services.cases.model.ids import PersonId
from services.cases.model.referral import Candidate, Person
from services.cases.rules.people import match, name_key
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.sealed import BlindIndex

CODE = "personal-code"
NAME = "name-birth"

_LOCK = text("""
    select count(pg_advisory_xact_lock(value)) from unnest(cast(:locks as bigint[])) as value
""")
_CANDIDATES = text("""
    select i.kind, i.value, i.person_id, exists (
        select from person_index c where c.person_id = i.person_id and c.kind = 'personal-code'
    ) as has_code
    from person_index i
    where i.kind = 'personal-code' and i.value = any (cast(:codes as bytea[]))
       or i.kind = 'name-birth' and i.value = any (cast(:names as bytea[]))
""")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the blind index."""

    kind: str
    value: bytes
    person: PersonId


@dataclass(frozen=True, slots=True)
class Matched:
    """Whom the persons of a referral are, in their order; which people and index entries are new."""

    persons: tuple[PersonId, ...]
    fresh: tuple[PersonId, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Traces:
    """The blind indexes of one person of a referral."""

    code: bytes | None
    name: bytes


def traces(person: Person, index: BlindIndex) -> Traces:
    """The blind indexes of a person."""
    code = index.of(CODE, person.code.value) if person.code else None
    return Traces(code, index.of(NAME, name_key(person)))


async def match_people(work: Work, people: Sequence[Traces]) -> Matched:
    """Finds who is known; nothing is written. Those without a code are matched one message at a time."""
    nameless = sorted({_lock(each.name) for each in people if each.code is None})
    if nameless:
        await work.conn.execute(_LOCK, {"locks": nameless})
    values = {
        "codes": list({each.code for each in people if each.code is not None}),
        "names": list({each.name for each in people}),
    }
    rows = (await work.conn.execute(_CANDIDATES, values)).all()
    known = {Entry(row.kind, bytes(row.value), PersonId(row.person_id)): row.has_code for row in rows}
    return _matched(people, known)


def _lock(name: bytes) -> int:
    return int.from_bytes(name[:8], "big", signed=True)


def _matched(people: Sequence[Traces], known: Mapping[Entry, bool]) -> Matched:
    codes = {entry.value: entry.person for entry in known if entry.kind == CODE}
    coded = {entry.person for entry, has_code in known.items() if has_code}
    names: dict[bytes, list[PersonId]] = {}
    for entry in known:
        if entry.kind == NAME:
            names.setdefault(entry.value, []).append(entry.person)
    persons: list[PersonId] = []
    fresh: list[PersonId] = []
    entries: dict[Entry, None] = {}
    for each in people:
        by_code = codes.get(each.code) if each.code else None
        by_name = [Candidate(person, person in coded) for person in names.get(each.name, ())]
        person = match(has_code=each.code is not None, by_code=by_code, by_name=by_name)
        if person is None:
            person = PersonId(new_id())
            fresh.append(person)
        if each.code is not None:
            codes[each.code] = person
            coded.add(person)
            entries[Entry(CODE, each.code, person)] = None
        entries[Entry(NAME, each.name, person)] = None
        persons.append(person)
    missing = sorted(entries.keys() - known.keys(), key=lambda entry: (entry.kind, entry.value, entry.person))
    return Matched(tuple(persons), tuple(fresh), tuple(missing))
