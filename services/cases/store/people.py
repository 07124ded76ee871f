"""People: opaque ids, and the blind indexes by which they are found again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

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
#: With whom each is one person by a merge: the first of the ids stands for all of them.
_CANDIDATES = text("""
    with found as materialized (
        select i.kind, i.value, i.person_id from person_index i
        where i.kind = 'personal-code' and i.value = any (cast(:codes as bytea[]))
           or i.kind = 'name-birth' and i.value = any (cast(:names as bytea[]))
    ), same as materialized (
        select of, bool_or(has_code) as has_code, (array_agg(id order by id))[1] as root
        from ids_of(array(select distinct person_id from found)) group by of
    )
    select f.kind, f.value, f.person_id, s.has_code, s.root
    from found f join same s on s.of = f.person_id
""")


def same_person(one: str, other: str) -> str:
    """SQL: whether two columns of rows that were found otherwise name the same person."""
    return f"{one} in (select same_people({other}))"


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
    tokens: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Traces:
    """The blind indexes of one person of a referral."""

    code: bytes | None
    name: bytes
    tokens: tuple[tuple[str, bytes], ...] = ()


def traces(person: Person, index: BlindIndex, spelling: Spelling) -> Traces:
    """The blind indexes of a person: by code and name they are recognised, by tokens proposed as a double."""
    code = index.of(CODE, person.code.value) if person.code else None
    facts = person.facts
    found = tokens([facts.given_name], [facts.family_name], person.birth_date, spelling)
    return Traces(code, index.of(NAME, name_key(person)), tuple(_blind(found, index)))


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
    return _matched(referrals, known, {PersonId(row.person_id): PersonId(row.root) for row in rows})


def _lock(name: bytes) -> int:
    return int.from_bytes(name[:8], "big", signed=True)


def _matched(
    referrals: Sequence[Sequence[Traces]],
    known: Mapping[Entry, bool],
    roots: Mapping[PersonId, PersonId] = MappingProxyType({}),
) -> Matched:
    finder = _Finder(known, roots)
    persons = tuple(finder.persons_of(each) for each in referrals)
    missing = finder.entries.keys() - known.keys()
    ordered = sorted(missing, key=lambda entry: (entry.kind, entry.value, entry.person))
    found = {
        Entry(kind, value, entry.person): None
        for entry in ordered
        for kind, value in finder.tokens.get(entry, ())
    }
    return Matched(persons, tuple(finder.fresh), tuple(ordered), tuple(found))


class _Finder:
    """Who is who, from the blind indexes that are known, referral by referral."""

    def __init__(self, known: Mapping[Entry, bool], roots: Mapping[PersonId, PersonId]) -> None:
        self.fresh: list[PersonId] = []
        self.entries: dict[Entry, None] = {}
        self.tokens: dict[Entry, Sequence[tuple[str, bytes]]] = {}
        self._roots = roots
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
        by_name = self._by_name(traces.name)
        person = match(has_code=traces.code is not None, by_code=by_code, by_name=by_name)
        if person is None:
            person = PersonId(new_id())
            self.fresh.append(person)
        if traces.code is not None:
            self._codes[traces.code] = person
            self._coded.add(person)
            self.entries[Entry(CODE, traces.code, person)] = None
        named = Entry(NAME, traces.name, person)
        self.entries[named] = None
        self.tokens[named] = traces.tokens
        return person

    def _by_name(self, name: bytes) -> Sequence[Candidate]:
        """Those of a name and birth date; the ids of one person count once."""
        found: dict[PersonId, Candidate] = {}
        for person in sorted(self._names.get(name, ())):
            root = self._roots.get(person, person)
            earlier = found.get(root, Candidate(person, has_code=False))
            found[root] = Candidate(earlier.person, earlier.has_code or person in self._coded)
        return list(found.values())


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
