"""Receipts of shares, and the agencies that take part by them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.cases.model.codes import Role
from services.cases.model.ids import CaseId, PersonId
from services.cases.model.shares import FieldClassName, KeptShare, Outside, Share, ShareKind, ShareState, Why
from services.cases.store import contents
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.sealed import Aad, DataKey

_ROLES: Final = """
    select person_id, array_agg(distinct role) as roles from participation
    where case_id = $1 and replaced_in is null group by person_id order by person_id
"""
_ADD: Final = """
    insert into share (
        id, case_id, kind, basis, purpose, sharer, recipients, outside_code, outside_system, persons,
        classes, fields_hash, content_digest, digest, shared_at, shared_by, expires_on, sealed
    )
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
"""
#: Several agencies that take part from the same moment, by receipts that differ in nothing else.
_ADD_EACH: Final = """
    insert into share (
        id, case_id, kind, basis, purpose, recipients, persons, classes, fields_hash, digest,
        shared_at, shared_by
    )
    select f.id, $1, $2, $3, $4, array[f.party], $5, $6, $7, f.digest, $8, $9
    from unnest($10::uuid[], $11::text[], $12::bytea[]) as f (id, party, digest)
"""
_COLUMNS: Final = """
    s.id, s.case_id, s.kind, s.basis, s.purpose, s.sharer, s.recipients, s.outside_code, s.outside_system,
    s.persons, s.classes, s.content_digest, s.digest, s.shared_at, s.shared_by, s.expires_on, s.sealed,
    s.state, s.ended_at, s.ended_by, s.end_reason, s.version
"""
#: A share is read by its parties, and by who answers for the region.
_READABLE: Final = """
    ($2::text[] && (s.recipients || s.sharer)
     or exists (select from marac_case c where c.id = s.case_id and c.region = any ($3::text[])))
"""
_LIST: Final = f"""
    select {_COLUMNS} from share s where s.case_id = $1 and {_READABLE}
    and ($4::text is null or s.state = $4)
    and ($5::uuid is null or s.number < (select l.number from share l where l.id = $5 and l.case_id = $1))
    order by s.number desc limit $6
"""  # noqa: S608 - constants
_ONE: Final = f"select {_COLUMNS} from share s where s.id = $1"  # noqa: S608 - constants
_CASE_OF: Final = "select case_id from share where id = $1"
_BY_AGENCY: Final = f"""
    select {_COLUMNS} from share s
    where s.case_id = $1 and s.kind = 'taking-part' and s.state = 'in-force' and $2 = any (s.recipients)
    order by s.number
"""  # noqa: S608 - constants
_END: Final = """
    update share set state = $2, ended_at = $3, ended_by = $4, end_reason = $5, version = version + 1
    where id = $1
"""
_JOIN: Final = "insert into case_agency (case_id, agency, region) values ($1, $2, $3)"
_LEAVE: Final = "delete from case_agency where case_id = $1 and agency = $2"
_CHANGED: Final = "update marac_case set version = version + 1 where id = $1"
_DUE: Final = """
    select id from share where state = 'in-force' and expires_on <= $1 order by expires_on, id limit $2
"""
_WHY: Final = ("necessity", "recipient_reason")


async def roles(work: Work, case: CaseId) -> Mapping[PersonId, frozenset[Role]]:
    """Everybody in a case, with their roles."""
    rows = await work.fetch(_ROLES, case)
    return {PersonId(row["person_id"]): frozenset(map(Role, row["roles"])) for row in rows}


async def add(work: Work, key: DataKey, share: Share, why: Why) -> None:
    """Writes a receipt in a case that is held."""
    content = {name: text for name in _WHY if (text := getattr(why, name)) is not None}
    await work.fetch(
        _ADD,
        share.id,
        share.case,
        share.kind.value,
        share.basis,
        share.purpose,
        share.sharer,
        list(share.recipients),
        None if share.outside is None else share.outside.code,
        None if share.outside is None else share.outside.system,
        list(share.persons),
        [each.value for each in share.classes],
        share.fields_hash,
        share.content_digest,
        share.digest,
        share.shared_at,
        share.shared_by,
        share.expires_on,
        contents.sealed(key, content, _place(share.id)) if content else None,
    )


async def add_each(work: Work, shares: Sequence[Share]) -> None:
    """Writes the receipts of agencies that take part from the same moment, by one statement."""
    if not shares:
        return
    one = shares[0]
    await work.fetch(
        _ADD_EACH,
        one.case,
        one.kind.value,
        one.basis,
        one.purpose,
        list(one.persons),
        [each.value for each in one.classes],
        one.fields_hash,
        one.shared_at,
        one.shared_by,
        [each.id for each in shares],
        [each.recipients[0] for each in shares],
        [each.digest for each in shares],
    )


def fresh_id() -> UUID:
    """The id of a share to be."""
    return new_id()


async def listed(  # noqa: PLR0913, PLR0917 - what a list can be asked
    work: Work, case: CaseId, key: DataKey, readers: tuple[Sequence[str], Sequence[str]],
    state: ShareState | None, last: UUID | None, most: int,
) -> Sequence[KeptShare]:  # fmt: skip
    """Receipts of a case that some agencies, or regions, may read; the last first."""
    agencies, regions = readers
    rows = await work.fetch(_LIST, case, list(agencies), list(regions), state, last, most)
    return [_kept(row, key) for row in rows]


async def one(work: Work, share_id: UUID, key: DataKey) -> KeptShare | None:
    """One receipt."""
    rows = await work.fetch(_ONE, share_id)
    return _kept(rows[0], key) if rows else None


async def case_of(work: Work, share_id: UUID) -> UUID:
    """The case of a receipt; an id of no case for one that is not there."""
    rows = await work.fetch(_CASE_OF, share_id)
    return rows[0]["case_id"] if rows else UUID(int=0)


async def of_agency(work: Work, case: CaseId, key: DataKey, party: str) -> Sequence[KeptShare]:
    """The shares by which an agency takes part now."""
    return [_kept(row, key) for row in await work.fetch(_BY_AGENCY, case, party)]


async def end(work: Work, share: UUID, state: ShareState, reason: str | None) -> None:
    """A share no longer holds."""
    await work.fetch(_END, share, state.value, work.now, work.permit.caller.subject, reason)


async def join(work: Work, case: CaseId, agency: str, region: str) -> None:
    """An agency takes part in a case."""
    await work.fetch(_JOIN, case, agency, region)
    await work.fetch(_CHANGED, case)


async def leave(work: Work, case: CaseId, agency: str) -> None:
    """An agency takes part no more."""
    await work.fetch(_LEAVE, case, agency)
    await work.fetch(_CHANGED, case)


async def expired(work: Work, today: date, most: int) -> Sequence[UUID]:
    """Shares whose last day is over."""
    return [row["id"] for row in await work.fetch(_DUE, today, most)]


def _place(share: UUID) -> Aad:
    return Aad("share", "sealed", share, contents.ONCE)


def _kept(row: Row, key: DataKey) -> KeptShare:
    sealed = row["sealed"]
    why: dict[str, Any] = {} if sealed is None else contents.opened(key, sealed, _place(row["id"]))
    return KeptShare(
        share=_share(row),
        digest=row["digest"],
        why=Why(**why),
        state=ShareState(row["state"]),
        ended_at=row["ended_at"],
        ended_by=row["ended_by"],
        end_reason=row["end_reason"],
        version=row["version"],
    )


def _share(row: Row) -> Share:
    return Share(
        id=row["id"],
        case=CaseId(row["case_id"]),
        kind=ShareKind(row["kind"]),
        basis=row["basis"],
        purpose=row["purpose"],
        sharer=row["sharer"],
        recipients=tuple(row["recipients"]),
        outside=None if row["outside_code"] is None else Outside(row["outside_code"], row["outside_system"]),
        persons=tuple(map(PersonId, row["persons"])),
        classes=tuple(map(FieldClassName, row["classes"])),
        content_digest=row["content_digest"],
        shared_at=row["shared_at"],
        shared_by=row["shared_by"],
        expires_on=row["expires_on"],
    )
