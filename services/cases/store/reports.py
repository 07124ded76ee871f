"""Reports of accesses out of the ordinary, for the owners of cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, column, literal, select, table, tuple_

from services.cases.model.glass import AccessReport
from services.cases.model.ids import CaseId
from services.cases.store import bars, contents
from services.cases.store.glass import reason_place
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.paging import Place
from services.kit.policy import Columns
from services.kit.sealed import Aad, DataKey, KeyRing

_COLUMNS: Final = (
    "id case_id region rule actor second_agency barred glass_id happened_at reported_at reported_on state"
    " acknowledged_by acknowledged_at key_id note_sealed version"
)
_A = table("access_report", *(column(name) for name in _COLUMNS.split()))
_G = table("broken_glass", *(column(name) for name in ("id", "key_id", "reason_sealed")))
_K = table("data_key", *(column(name) for name in ("id", "wrapped"))).alias("k")
_N = table("data_key", *(column(name) for name in ("id", "wrapped"))).alias("n")
_REPORTS = select(
    *_A.c,
    *bars.columns(_A.c.case_id),
    _G.c.reason_sealed,
    _G.c.key_id.label("reason_key"),
    _K.c.wrapped.label("reason_wrapped"),
    _N.c.wrapped.label("note_wrapped"),
).select_from(
    _A.outerjoin(_G, _G.c.id == _A.c.glass_id)
    .outerjoin(_K, and_(_K.c.id == _G.c.key_id, _K.c.wrapped.is_not(None)))
    .outerjoin(_N, and_(_N.c.id == _A.c.key_id, _N.c.wrapped.is_not(None)))
)
_LOCK: Final = "select id from access_report where id = $1 for update"
_ACKNOWLEDGE: Final = """
    update access_report set state = 'acknowledged', acknowledged_by = $2, acknowledged_at = $3, key_id = $4,
        note_sealed = $5, version = version + 1 where id = $1
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A report, and what decides who sees it."""

    report: AccessReport
    resource: Mapping[str, object]


def note_place(row: UUID) -> Aad:
    """What was said of a report when it was acknowledged."""
    return Aad("access_report", "note_sealed", row, contents.ONCE)


async def page(
    work: Work, ring: KeyRing, state: str | None, before: Place | None, most: int
) -> Sequence[Kept]:
    """The reports that the permit covers, from a place on, the newest first."""
    query = _REPORTS.where(work.permit.sql(_policy_columns()))
    if state is not None:
        query = query.where(_A.c.state == state)
    if before is not None:
        place = tuple_(literal(before.day), literal(before.id))
        query = query.where(tuple_(_A.c.reported_on, _A.c.id) < place)
    query = query.order_by(_A.c.reported_on.desc(), _A.c.id.desc()).limit(most)
    return [_kept(row, ring) for row in (await work.conn.execute(query)).mappings()]


async def one(work: Work, ring: KeyRing, report: UUID) -> Kept | None:
    """One report; row-level security has its say."""
    row = (await work.conn.execute(_REPORTS.where(_A.c.id == report))).mappings().one_or_none()
    return None if row is None else _kept(row, ring)


async def locked(work: Work, ring: KeyRing, report: UUID) -> Kept | None:
    """The same, and nobody else acknowledges it until this transaction ends."""
    await work.fetch(_LOCK, report)
    return await one(work, ring, report)


async def acknowledge(work: Work, report: UUID, note: str, key: DataKey) -> None:
    """Somebody has looked into it."""
    sealed = contents.sealed(key, contents.note(note), note_place(report))
    await work.fetch(_ACKNOWLEDGE, report, work.permit.caller.subject, work.now, key.id, sealed)


def _policy_columns() -> Columns:
    def second(values: Sequence[str]) -> ColumnElement[bool]:
        pairs = [tuple(value.split("@")) for value in values]
        return tuple_(_A.c.second_agency, _A.c.region).in_(pairs)

    def excluded(values: Sequence[str]) -> ColumnElement[bool]:
        return bars.excluded(_A.c.case_id, values)

    def sealed_to(values: Sequence[str]) -> ColumnElement[bool]:
        return bars.sealed_to(_A.c.case_id, values)

    return {
        "region": _A.c.region.in_,
        "agencies": second,
        "excluded": excluded,
        "sealed_to": sealed_to,
    }


def _kept(row: Row, ring: KeyRing) -> Kept:
    reason, note = None, None
    if row["reason_wrapped"] is not None:
        key = ring.unwrap(row["reason_key"], row["reason_wrapped"])
        reason = contents.opened(key, row["reason_sealed"], reason_place(row["glass_id"]))["reason"]
    if row["note_wrapped"] is not None:
        key = ring.unwrap(row["key_id"], row["note_wrapped"])
        note = contents.opened(key, row["note_sealed"], note_place(row["id"]))["note"]
    told_to = {"region": row["region"], "agencies": frozenset({f"{row['second_agency']}@{row['region']}"})}
    return Kept(_report(row, reason, note), {**told_to, **bars.of(row).resource()})


def _report(row: Row, reason: str | None, note: str | None) -> AccessReport:
    names = ("region", "rule", "actor", "second_agency", "barred", "happened_at", "reported_at", "state")
    more = ("acknowledged_by", "acknowledged_at", "version")
    told: dict[str, Any] = {name: row[name] for name in (*names, *more)}
    return AccessReport(id=row["id"], case=CaseId(row["case_id"]), reason=reason, note=note, **told)
