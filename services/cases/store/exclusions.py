"""Exclusions: rows that keep a case from a member; the reason is sealed under the case's key."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from services.cases.model.exclusions import Exclusion, ExclusionKind
from services.cases.model.ids import CaseId
from services.cases.store import contents
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.paging import Place
from services.kit.sealed import Aad, DataKey

_COLUMNS: Final = (
    "id, case_id, subject, kind, state, reason_sealed, until, recorded_by, recorded_at, recorded_on, "
    "ended_by, ended_at, version"
)
_OF_CASE: Final = f"""
    select {_COLUMNS} from case_exclusion
    where case_id = $1 and ($2::date is null or (recorded_on, id) < ($2, $3))
    order by recorded_on desc, id desc limit $4
"""  # noqa: S608 - constants
_ONE: Final = f"select {_COLUMNS} from case_exclusion where id = $1"  # noqa: S608 - constants
_HOLDS: Final = """
    select id from case_exclusion where case_id = $1 and subject = $2 and state = 'in-force'
      and (until is null or until > (moment() at time zone 'Europe/Tallinn')::date)
"""
#: What has run out makes place for a new one.
_RUN_OUT: Final = """
    update case_exclusion set state = 'ended', ended_by = $3, ended_at = $4, version = version + 1
    where case_id = $1 and subject = $2 and state = 'in-force'
"""
_MAKE: Final = """
    insert into case_exclusion
        (id, case_id, subject, kind, state, reason_sealed, until, recorded_by, recorded_at, recorded_on)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_END: Final = """
    update case_exclusion set state = $2, ended_by = $3, ended_at = $4, version = version + 1 where id = $1
"""
_MEMBERS: Final = "select subject from member where subject = any ($1)"


def reason_place(row: UUID) -> Aad:
    """Why a case is kept from a member."""
    return Aad("case_exclusion", "reason_sealed", row, contents.ONCE)


async def of_case(
    work: Work, case: CaseId, key: DataKey, before: Place | None, most: int
) -> Sequence[Exclusion]:
    """The exclusions of a case from a place on, the newest first."""
    day, last = (None, None) if before is None else (before.day, before.id)
    return [_exclusion(row, key) for row in await work.fetch(_OF_CASE, case, day, last, most)]


async def case_of(work: Work, exclusion: UUID) -> CaseId | None:
    """The case that an exclusion is about."""
    rows = await work.fetch(_ONE, exclusion)
    return CaseId(rows[0]["case_id"]) if rows else None


async def one(work: Work, exclusion: UUID, key: DataKey) -> Exclusion | None:
    """One exclusion."""
    rows = await work.fetch(_ONE, exclusion)
    return _exclusion(rows[0], key) if rows else None


async def holds(work: Work, case: CaseId, member: str) -> bool:
    """Whether the case is kept from the member already."""
    return bool(await work.fetch(_HOLDS, case, member))


async def make(work: Work, exclusion: Exclusion, key: DataKey) -> None:
    """Writes one; if it is about who writes it, the case is gone for the rest of the transaction."""
    sealed = contents.sealed(key, {"reason": exclusion.reason}, reason_place(exclusion.id))
    await work.fetch(_RUN_OUT, exclusion.case, exclusion.member, exclusion.recorded_by, work.now)
    await work.fetch(
        _MAKE,
        exclusion.id,
        exclusion.case,
        exclusion.member,
        exclusion.kind.value,
        exclusion.state,
        sealed,
        exclusion.until,
        exclusion.recorded_by,
        exclusion.recorded_at,
        exclusion.recorded_on,
    )


async def end(work: Work, exclusion: UUID, state: str) -> None:
    """It holds no longer."""
    await work.fetch(_END, exclusion, state, work.permit.caller.subject, work.now)


async def unknown(work: Work, members: Collection[str]) -> Sequence[str]:
    """Those who are no members."""
    known = {row["subject"] for row in await work.fetch(_MEMBERS, list(members))}
    return [member for member in members if member not in known]


def _exclusion(row: Row, key: DataKey) -> Exclusion:
    reason = contents.opened(key, row["reason_sealed"], reason_place(row["id"]))["reason"]
    return Exclusion(
        id=row["id"],
        case=CaseId(row["case_id"]),
        member=row["subject"],
        kind=ExclusionKind(row["kind"]),
        state=row["state"],
        reason=reason,
        until=row["until"],
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
        recorded_on=row["recorded_on"],
        ended_by=row["ended_by"],
        ended_at=row["ended_at"],
        version=row["version"],
    )
