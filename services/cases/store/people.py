"""People: opaque ids, and the blind indexes by which they are found again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from services.cases.model.ids import PersonId
from services.cases.model.matching import Spelling
from services.cases.model.records import Entry as Told
from services.cases.model.referral import Candidate, Person
from services.cases.rules.matching import DOMAINS, Token, tokens
from services.cases.rules.people import match, name_key
from services.kit import personal_code
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.problem import Overloaded
from services.kit.sealed import BlindIndex

CODE = "personal-code"
CODE_TOLD = "code-told"  # not proof enough to be recognised by, but to be asked about
NAME = "name-birth"
_ESTIMATED = "estimated"

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


def same_person(one: str, other: str) -> str:
    """SQL: whether two columns name the same person; the one place that says what *the same* means."""
    return f"{one} = {other}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the blind index."""

    kind: str
    value: bytes
    person: PersonId


@dataclass(frozen=True, slots=True)
class Matched:
    """Whom the persons of each referral are, in their order; which people and index entries are new."""

    persons: tuple[tuple[PersonId, ...], ...]
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


async def match_people(work: Work, referrals: Sequence[Sequence[Traces]]) -> Matched:
    """Finds who is known, also from an earlier one of these referrals; nothing is written.

    Those without a code are matched by one transaction at a time.
    """
    people = [each for persons in referrals for each in persons]
    nameless = sorted({_lock(each.name) for each in people if each.code is None})
    if nameless:
        await work.conn.execute(_LOCK, {"locks": nameless})
    values = {
        "codes": list({each.code for each in people if each.code is not None}),
        "names": list({each.name for each in people}),
    }
    rows = (await work.conn.execute(_CANDIDATES, values)).all()
    known = {Entry(row.kind, bytes(row.value), PersonId(row.person_id)): row.has_code for row in rows}
    return _matched(referrals, known)


def _lock(name: bytes) -> int:
    return int.from_bytes(name[:8], "big", signed=True)


def _matched(referrals: Sequence[Sequence[Traces]], known: Mapping[Entry, bool]) -> Matched:
    finder = _Finder(known)
    persons = tuple(finder.persons_of(each) for each in referrals)
    missing = finder.entries.keys() - known.keys()
    ordered = sorted(missing, key=lambda entry: (entry.kind, entry.value, entry.person))
    return Matched(persons, tuple(finder.fresh), tuple(ordered))


class _Finder:
    """Who is who, from the blind indexes that are known, referral by referral."""

    def __init__(self, known: Mapping[Entry, bool]) -> None:
        self.fresh: list[PersonId] = []
        self.entries: dict[Entry, None] = {}
        self._codes = {entry.value: entry.person for entry in known if entry.kind == CODE}
        self._coded = {entry.person for entry, has_code in known.items() if has_code}
        self._names: dict[bytes, dict[PersonId, None]] = {}
        for entry in known:
            if entry.kind == NAME:
                self._names.setdefault(entry.value, {})[entry.person] = None

    def persons_of(self, referral: Sequence[Traces]) -> tuple[PersonId, ...]:
        """Names count from one referral to the next: within one, two of a name are two people."""
        persons = tuple(self._person(each) for each in referral)
        for each, person in zip(referral, persons, strict=True):
            self._names.setdefault(each.name, {})[person] = None
        return persons

    def _person(self, traces: Traces) -> PersonId:
        by_code = self._codes.get(traces.code) if traces.code else None
        by_name = [Candidate(person, person in self._coded) for person in self._names.get(traces.name, ())]
        person = match(has_code=traces.code is not None, by_code=by_code, by_name=by_name)
        if person is None:
            person = PersonId(new_id())
            self.fresh.append(person)
        if traces.code is not None:
            self._codes[traces.code] = person
            self._coded.add(person)
            self.entries[Entry(CODE, traces.code, person)] = None
        self.entries[Entry(NAME, traces.name, person)] = None
        return person


_INTRODUCE = text("insert into person (id) values (:id)")
_INDEX = text("""
    insert into person_index (kind, value, person_id)
    select kind, value, cast(:person as uuid)
    from unnest(cast(:kinds as text[]), cast(:values as bytea[])) as entry (kind, value)
    order by kind, value on conflict do nothing returning kind
""")


async def introduce(work: Work) -> PersonId:
    """Somebody new, who cannot be found again yet."""
    person = PersonId(new_id())
    await work.conn.execute(_INTRODUCE, {"id": person})
    return person


async def recognise(work: Work, traces: Traces) -> PersonId:
    """Who somebody is, as for a referral; somebody new is written, and what they are found by.

    Raises Overloaded when somebody else wrote about the same person at the same moment.
    """
    matched = await match_people(work, [[traces]])
    ((person,),) = matched.persons
    if matched.fresh:
        await work.conn.execute(_INTRODUCE, {"id": person})
    found = [(entry.kind, entry.value) for entry in matched.entries]
    if await _index(work, person, found) != len(found):
        raise Overloaded("somebody else writes about the same person at this moment")
    return person


async def remember(work: Work, person: PersonId, found: Sequence[tuple[str, bytes]]) -> None:
    """By what a person can be proposed as somebody's double; what is known already stays."""
    await _index(work, person, found)


async def _index(work: Work, person: PersonId, found: Sequence[tuple[str, bytes]]) -> int:
    values = {"kinds": [kind for kind, _ in found], "values": [value for _, value in found]}
    return len((await work.conn.execute(_INDEX, {"person": person, **values})).all())


def tokens_of(told: Told, index: BlindIndex, spelling: Spelling) -> Sequence[tuple[str, bytes]]:
    """What an entry about a person adds to the blind index; an estimated birth date adds nothing."""
    value = told.told.value
    match told.category, value.get("personalCode"), value.get("birthDate"):
        case "name", _, _:
            names = [str(value.get(name, "")) for name in ("givenName", "familyName")]
            return _blind(tokens(names[:1], names[1:], None, spelling), index)
        case "personal-code", str(code), _:
            birth = personal_code.parse(code).birth_date
            return [(CODE_TOLD, index.of(CODE, code)), *_blind(tokens([], [], birth, spelling), index)]
        case "birth-date", _, date() as birth if told.told.confidence != _ESTIMATED:
            return _blind(tokens([], [], birth, spelling), index)
    return ()


def _blind(found: Sequence[Token], index: BlindIndex) -> list[tuple[str, bytes]]:
    return [(token.kind, index.of(DOMAINS[token.kind], token.value)) for token in found]
