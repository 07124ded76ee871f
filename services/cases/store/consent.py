"""Facts of consent, objection and legal basis: written once, one after another within their case."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.cases.model.codes import Role
from services.cases.model.consent import (
    Capacity,
    Fact,
    FactKind,
    Manner,
    Scope,
    ToldFact,
    WhyNot,
    WordedFact,
    Words,
)
from services.cases.model.ids import CaseId, PersonId
from services.cases.rules.consent import standing
from services.cases.store import contents
from services.cases.store.people import same_person
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.sealed import Aad, DataKey

_COLUMNS: Final = """
    f.id, f.case_id, f.person_id, f.number, f.kind, f.value, f.said_at, f.recorded_at, f.recorded_by, f.scope,
    f.manner, f.language, f.capacity, f.reason, f.agency, f.voids
"""
_ROLES: Final = f"""
    select distinct p.role from participation p
    where p.case_id = $1 and p.replaced_in is null and {same_person("p.person_id", "$2")} order by p.role
"""  # noqa: S608 - constants
_ADD: Final = """
    insert into consent_fact (
        id, case_id, number, person_id, kind, value, said_at, recorded_at, recorded_by, scope, manner,
        language, capacity, reason, agency, voids, sealed
    )
    select $1, $2, 1 + coalesce((select max(number) from consent_fact where case_id = $2), 0),
        $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
"""
_ALL: Final = f"select {_COLUMNS} from consent_fact f where f.case_id = $1 order by f.number"  # noqa: S608
_WORDED: Final = f"""
    select {_COLUMNS}, f.sealed,
        exists (select from consent_fact v where v.voids = f.id and v.case_id = f.case_id) as voided
    from consent_fact f
"""  # noqa: S608 - constants
_LIST: Final = f"""
    {_WORDED} where f.case_id = $1 and ($2::uuid is null or f.person_id = $2)
    and ($3::text is null or f.kind = $3)
    and ($4::uuid is null
        or f.number < (select l.number from consent_fact l where l.id = $4 and l.case_id = $1))
    order by f.number desc limit $5
"""  # noqa: S608 - constants
_ONE: Final = f"{_WORDED} where f.id = $1"
_CASE_OF: Final = "select case_id from consent_fact where id = $1"
_STOPPED: Final = f"""
    select {_COLUMNS} from consent_fact f
    where f.case_id = $1 and {same_person("f.person_id", "$2")} and f.kind in ('objection', 'void')
    order by f.number
"""  # noqa: S608 - constants
_WORDS: Final = ("note", "necessity", "proportionality")


async def roles(work: Work, case: CaseId, person: PersonId) -> Sequence[Role]:
    """The roles of a person in a case; none when the person takes no part in it."""
    return [Role(row["role"]) for row in await work.fetch(_ROLES, case, person)]


async def add(work: Work, case: CaseId, key: DataKey, told: ToldFact, voids: UUID | None = None) -> UUID:
    """Writes a fact of a case that is held; its id."""
    fact_id = new_id()
    await work.fetch(
        _ADD,
        fact_id,
        case,
        told.person,
        told.kind.value,
        told.value,
        told.said_at,
        work.now,
        work.permit.caller.subject,
        [scope.value for scope in told.scope],
        told.manner,
        told.language,
        told.capacity,
        told.reason,
        told.agency,
        voids,
        _sealed(key, fact_id, told.words),
    )
    return fact_id


async def of_case(work: Work, case: UUID) -> Sequence[Fact]:
    """All facts of a case, in the order in which they were recorded."""
    return [_fact(row) for row in await work.fetch(_ALL, case)]


async def listed(  # noqa: PLR0913, PLR0917 - what a list can be asked
    work: Work,
    case: CaseId,
    key: DataKey,
    person: UUID | None,
    kind: FactKind | None,
    last: UUID | None,
    most: int,
) -> Sequence[WordedFact]:
    """Facts of a case with their words from a place on, the last recorded first."""
    return [_worded(row, key) for row in await work.fetch(_LIST, case, person, kind, last, most)]


async def one(work: Work, fact_id: UUID, key: DataKey) -> WordedFact | None:
    """One fact with its words."""
    rows = await work.fetch(_ONE, fact_id)
    return _worded(rows[0], key) if rows else None


async def case_of(work: Work, fact_id: UUID) -> UUID:
    """The case of a fact; an id of no case for one that is not there."""
    rows = await work.fetch(_CASE_OF, fact_id)
    return rows[0]["case_id"] if rows else UUID(int=0)


async def offers_stopped(work: Work, case: UUID, person: PersonId) -> datetime | None:
    """Since when somebody objects to being offered services (OAS § 7(5)); None: it may be offered.

    Whoever offers asks within the same transaction, on the case that is held.
    """
    facts = [_fact(row) for row in await work.fetch(_STOPPED, case, person)]
    return standing(facts, person).objects_since


def _sealed(key: DataKey, fact: UUID, words: Words) -> bytes | None:
    content = {name: text for name in _WORDS if (text := getattr(words, name)) is not None}
    return contents.sealed(key, content, _place(fact)) if content else None


def _place(fact: UUID) -> Aad:
    return Aad("consent_fact", "sealed", fact, contents.ONCE)


def _worded(row: Row, key: DataKey) -> WordedFact:
    sealed = row["sealed"]
    words: dict[str, Any] = {} if sealed is None else contents.opened(key, sealed, _place(row["id"]))
    return WordedFact(_fact(row), Words(**words), row["voided"])


def _fact(row: Row) -> Fact:
    return Fact(
        id=row["id"],
        case=CaseId(row["case_id"]),
        person=PersonId(row["person_id"]),
        number=row["number"],
        kind=FactKind(row["kind"]),
        value=row["value"],
        said_at=row["said_at"],
        recorded_at=row["recorded_at"],
        recorded_by=row["recorded_by"],
        scope=tuple(map(Scope, row["scope"])),
        manner=None if row["manner"] is None else Manner(row["manner"]),
        language=row["language"],
        capacity=None if row["capacity"] is None else Capacity(row["capacity"]),
        reason=None if row["reason"] is None else WhyNot(row["reason"]),
        agency=row["agency"],
        voids=row["voids"],
    )
