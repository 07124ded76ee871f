"""People in a case: parts of its referrals, and rows of those who were added by hand."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.cases.model.codes import Relation, Role, Sex
from services.cases.model.ids import CaseId, PersonId
from services.cases.model.parties import Origin, Party
from services.kit.db import Work
from services.kit.driver import Row

_REFERRED: Final = """
    select p.id, p.case_id, p.person_id, p.role, p.relation, p.sex, 'referral' as origin,
        'taking-part' as state, null as reason, r.received_at as since, null as by, p.version
    from participation p join referral r on r.id = p.referral_id
    where p.case_id = $1 and p.replaced_in is null
"""
_ADDED: Final = """
    select p.id, p.case_id, p.person_id, p.role, p.relation, p.sex, 'hand' as origin, p.state, p.reason,
        p.added_at as since, p.added_by as by, p.version
    from case_person p
"""
_LIST: Final = f"""
    select * from ({_REFERRED} union all {_ADDED} where p.case_id = $1) one
    where $2 or state = 'taking-part' order by role <> 'victim', role, id
"""  # noqa: S608 - constants
_ONE: Final = f"{_ADDED} where p.id = $1"
_ADD: Final = text("""
    insert into case_person
        (id, case_id, person_id, role, relation, sex, state, added_at, added_by)
    values (:id, :case, :person, :role, :relation, :sex, :state, :at, :by)
""")
_MOVE: Final = text("""
    update case_person set state = :state, reason = :reason, version = version + 1
    where id = :id and version = :version
""")


async def of_case(work: Work, case: CaseId, *, removed: bool = False) -> Sequence[Party]:
    """Everybody in a case, the victim first; those who were removed only if ``removed``."""
    return [_party(row) for row in await work.fetch(_LIST, case, removed)]


async def one(work: Work, party: UUID) -> Party | None:
    """Somebody who was added by hand."""
    rows = await work.fetch(_ONE, party)
    return _party(rows[0]) if rows else None


async def add(work: Work, party: Party) -> None:
    """Writes somebody who is added by hand."""
    await work.conn.execute(
        _ADD,
        {
            "id": party.id,
            "case": party.case,
            "person": party.person,
            "role": party.role.value,
            "relation": party.relation.value if party.relation else None,
            "sex": party.sex.value,
            "state": party.state,
            "at": party.since,
            "by": party.by,
        },
    )


async def move(work: Work, party: Party, state: str, reason: str) -> None:
    """Writes a new state; the case is held, so nobody was faster."""
    names = {"id": party.id, "version": party.version, "state": state, "reason": reason}
    await work.conn.execute(_MOVE, names)


def _party(row: Row) -> Party:
    return Party(
        id=row["id"],
        case=CaseId(row["case_id"]),
        person=PersonId(row["person_id"]),
        role=Role(row["role"]),
        relation=Relation(row["relation"]) if row["relation"] else None,
        sex=Sex(row["sex"]),
        origin=Origin(row["origin"]),
        state=row["state"],
        reason=row["reason"],
        since=row["since"],
        by=row["by"],
        version=row["version"],
    )
