"""Erasures: proposed, agreed, approved, carried out by the one function that may delete, and certified."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, column, literal, select, table, tuple_

from services.cases.model.ids import CaseId
from services.cases.model.retention import Because, Due, Ending, Erasure
from services.cases.store import bars
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.paging import Place
from services.kit.policy import Columns

_COLUMNS: Final = (
    "id kind case_id region rules counted_from because due_on state proposed_at proposed_on agreed_by"
    " agreed_at approved_by approved_at refused_by refused_at reason erased_at counts certificate version"
)
_E = table("erasure", *(column(name) for name in _COLUMNS.split()))
_ERASURES = select(*_E.c, *bars.columns(_E.c.case_id))
_LOCK: Final = "select id from erasure where id = $1 for update"
_HOLD_CASE: Final = "select id from stream where id = $1 for update"
_REFERENCES: Final = """
    select reference from referral where case_id = $1
    union select reference from reported_incident where case_id = $1 order by reference
"""
_PROPOSE: Final = """
    insert into erasure
        (id, kind, case_id, region, rules, counted_from, because, due_on, state, proposed_at, proposed_on)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    on conflict (case_id) where state <> 'refused' do nothing returning id
"""
_AGREE: Final = """
    update erasure set state = $2, agreed_by = $3, agreed_at = $4, version = version + 1 where id = $1
"""
_APPROVE: Final = """
    update erasure set state = $2, approved_by = $3, approved_at = $4, version = version + 1 where id = $1
"""
_REFUSE: Final = """
    update erasure set state = $2, refused_by = $3, refused_at = $4, reason = $5, version = version + 1
    where id = $1
"""
_WAITING: Final = "select id, state from erasure where state in ('approved', 'erased') order by id limit $1"
_ERASE: Final = "select erase($1) as counts"
_CERTIFY: Final = """
    update erasure set state = $2, certificate = $3, version = version + 1 where id = $1
"""
_EVIDENCE: Final = """
    select p.position, encode(a.leaf, 'hex') as leaf, c.note
    from audit a join audit_position p on p.audit_id = a.id
    join lateral (
        select note from audit_checkpoint c where c.epoch = p.epoch and c.size > p.position
        order by c.size limit 1
    ) as c on true
    where a.objects @> array[$1::text] and a.operation = 'carry_out_erasures' and a.action = 'delete'
    order by p.position limit 1
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """An erasure, and what decides who sees it."""

    erasure: Erasure
    resource: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the audit log says that something was erased: position, leaf, and a signed checkpoint over it."""

    position: int
    leaf: str
    note: str


async def page(work: Work, state: str | None, before: Place | None, most: int) -> Sequence[Kept]:
    """The erasures that the permit covers, from a place on, the newest first."""
    query = _ERASURES.where(work.permit.sql(_policy_columns()))
    if state is not None:
        query = query.where(_E.c.state == state)
    if before is not None:
        place = tuple_(literal(before.day), literal(before.id))
        query = query.where(tuple_(_E.c.proposed_on, _E.c.id) < place)
    query = query.order_by(_E.c.proposed_on.desc(), _E.c.id.desc()).limit(most)
    return [_kept(row) for row in (await work.conn.execute(query)).mappings()]


async def one(work: Work, erasure: UUID) -> Kept | None:
    """One erasure; row-level security has its say."""
    row = (await work.conn.execute(_ERASURES.where(_E.c.id == erasure))).mappings().one_or_none()
    return None if row is None else _kept(row)


async def locked(work: Work, erasure: UUID) -> Kept | None:
    """The same, and nobody else decides about it until this transaction ends."""
    await work.fetch(_LOCK, erasure)
    return await one(work, erasure)


async def propose(  # noqa: PLR0913, PLR0917 - the facts of one proposal
    work: Work, erasure: UUID, due: Due, rules: str, end: Ending, state: str
) -> bool:
    """Proposes to erase; False when somebody else has."""
    today = local_date(work.now)
    rows = await work.fetch(
        _PROPOSE,
        erasure,
        due.kind,
        due.id,
        due.region,
        rules,
        end.counted_from,
        end.because.value,
        end.ends_on,
        state,
        work.now,
        today,
    )
    return bool(rows)


async def agree(work: Work, erasure: UUID, state: str) -> None:
    """The first of two."""
    await work.fetch(_AGREE, erasure, state, work.permit.caller.subject, work.now)


async def approve(work: Work, erasure: UUID, state: str) -> None:
    """The second of two."""
    await work.fetch(_APPROVE, erasure, state, work.permit.caller.subject, work.now)


async def refuse(work: Work, erasure: UUID, state: str, reason: str) -> None:
    """Not now."""
    await work.fetch(_REFUSE, erasure, state, work.permit.caller.subject, work.now, reason)


async def waiting(work: Work, most: int) -> Sequence[UUID]:
    """What was approved and is not erased, or was erased and is not certified."""
    return [row["id"] for row in await work.fetch(_WAITING, most)]


async def references(work: Work, case: CaseId) -> Sequence[str]:
    """Under which references a case came; nobody else writes about it until this transaction ends."""
    await work.fetch(_HOLD_CASE, case)
    return [row["reference"] for row in await work.fetch(_REFERENCES, case)]


async def erase(work: Work, erasure: UUID) -> Mapping[str, int] | None:
    """Destroys the keys and deletes the rows, all or nothing; None for what is not approved, or is held."""
    counts = (await work.fetch(_ERASE, erasure))[0]["counts"]
    return None if counts is None else dict(counts)


async def evidence(work: Work, erasure: UUID) -> Evidence | None:
    """Where the audit log says it; None until the log's checkpoint covers it."""
    rows = await work.fetch(_EVIDENCE, work.handle(erasure))
    return Evidence(rows[0]["position"], rows[0]["leaf"], rows[0]["note"]) if rows else None


async def certify(work: Work, erasure: UUID, state: str, certificate: str) -> None:
    """Keeps the certificate."""
    await work.fetch(_CERTIFY, erasure, state, certificate)


def _policy_columns() -> Columns:
    def excluded(values: Sequence[str]) -> ColumnElement[bool]:
        return bars.excluded(_E.c.case_id, values)

    def sealed_to(values: Sequence[str]) -> ColumnElement[bool]:
        return bars.sealed_to(_E.c.case_id, values)

    return {"region": _E.c.region.in_, "excluded": excluded, "sealed_to": sealed_to}


def _kept(row: Row) -> Kept:
    return Kept(_erasure(row), {"region": row["region"], **bars.of(row).resource()})


def _erasure(row: Row) -> Erasure:
    counts = row["counts"]
    same = {name: row[name] for name in _COLUMNS.split() if name not in _OTHERS}
    return Erasure(
        case=CaseId(row["case_id"]),
        because=Because(row["because"]),
        counts=counts,
        **same,
    )


_OTHERS: Final = ("case_id", "because", "counts", "proposed_on")
