"""Dyads of a case as they are kept: ids, roles and codes in clear, the note sealed."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.cases.model.codes import Role
from services.cases.model.ids import CaseId, PersonId
from services.cases.model.relations import Dyad, End, KeptDyad
from services.cases.store import contents
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.sealed import Aad, DataKey

_COLUMNS: Final = """
    id, case_id, from_person, from_role, to_person, to_role, type, source, valid_from, valid_to, state,
    reason, note_sealed, recorded_at, recorded_by, version
"""
_LIST: Final = f"""
    select {_COLUMNS} from person_relation where case_id = $1 and ($2 or state in ('told', 'confirmed'))
    order by type <> 'threatens', type, id
"""  # noqa: S608 - constants
_ONE: Final = f"select {_COLUMNS} from person_relation where id = $1"  # noqa: S608 - constants
_CASE: Final = "select case_id from person_relation where id = $1"
_WRITE: Final = """
    insert into person_relation (
        id, case_id, from_person, from_role, to_person, to_role, type, source, valid_from, valid_to, state,
        note_sealed, recorded_at, recorded_by
    ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
_SAME: Final = """
    select id from person_relation where case_id = $1 and type = $2 and from_person = $3 and to_person = $4
    and state in ('told', 'confirmed')
"""
_MOVE: Final = text("""
    update person_relation set state = :state, reason = :reason, version = version + 1 where id = :id
""")


def note_place(relation: UUID) -> Aad:
    """The note of a dyad."""
    return Aad("person_relation", "note_sealed", relation, contents.ONCE)


async def of_case(work: Work, case: CaseId, key: DataKey, *, ended: bool) -> Sequence[KeptDyad]:
    """The dyads of a case, threats first; those refuted or removed only if ``ended``."""
    return [_kept(row, key) for row in await work.fetch(_LIST, case, ended)]


async def case_of(work: Work, relation: UUID) -> CaseId | None:
    """In which case a dyad is, of those that the caller may see."""
    rows = await work.fetch(_CASE, relation)
    return CaseId(rows[0]["case_id"]) if rows else None


async def one(work: Work, relation: UUID, key: DataKey) -> KeptDyad | None:
    """One dyad."""
    rows = await work.fetch(_ONE, relation)
    return _kept(rows[0], key) if rows else None


async def holds(work: Work, case: CaseId, dyad: Dyad) -> bool:
    """Whether the same is told already, in this direction."""
    return bool(await work.fetch(_SAME, case, dyad.type, dyad.source.person, dyad.target.person))


async def write(work: Work, kept: KeptDyad, key: DataKey) -> None:
    """Writes a dyad that is new."""
    dyad = kept.dyad
    note = None if dyad.note is None else contents.sealed(key, contents.note(dyad.note), note_place(kept.id))
    await work.fetch(
        _WRITE,
        kept.id,
        kept.case,
        dyad.source.person,
        dyad.source.role.value,
        dyad.target.person,
        dyad.target.role.value,
        dyad.type,
        dyad.told_by,
        dyad.valid_from,
        dyad.valid_to,
        kept.state,
        note,
        kept.recorded_at,
        kept.recorded_by,
    )


async def move(work: Work, relation: UUID, state: str, reason: str | None) -> None:
    """Writes a new state; the case is held, so nobody was faster."""
    await work.conn.execute(_MOVE, {"id": relation, "state": state, "reason": reason})


def _kept(row: Row, key: DataKey) -> KeptDyad:
    sealed = row["note_sealed"]
    return KeptDyad(
        id=row["id"],
        case=CaseId(row["case_id"]),
        dyad=Dyad(
            type=row["type"],
            source=End(PersonId(row["from_person"]), Role(row["from_role"])),
            target=End(PersonId(row["to_person"]), Role(row["to_role"])),
            told_by=row["source"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            note=contents.opened(key, sealed, note_place(row["id"]))["note"] if sealed else None,
        ),
        state=row["state"],
        reason=row["reason"],
        recorded_at=row["recorded_at"],
        recorded_by=row["recorded_by"],
        version=row["version"],
    )
