"""Seals of cases and whom they name; the mark itself stands on the case's stream."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.cases.model.ids import CaseId
from services.cases.model.seals import Proposal, Seal
from services.cases.store import contents
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.sealed import Aad, DataKey

_SEAL: Final = """
    select s.id, s.case_id, s.state, s.reason_sealed, s.sealed_by, s.sealed_at, s.proposed_by,
        s.proposed_agency, s.proposed_at, s.version,
        array(select n.subject from case_named n where n.seal_id = s.id order by n.subject) as members
    from case_seal s
"""
_OF_CASE: Final = f"{_SEAL} where s.case_id = $1 and s.state <> 'unsealed'"
_ONE: Final = f"{_SEAL} where s.id = $1"
_MAKE: Final = """
    insert into case_seal (id, case_id, state, reason_sealed, sealed_by, sealed_at)
    values ($1, $2, $3, $4, $5, $6)
"""
_NAME: Final = """
    insert into case_named (seal_id, case_id, subject, named_by, named_at)
    select $1, $2, subject, $4, $5 from unnest($3::text[]) subject
    on conflict (seal_id, subject) do nothing
"""
_UNNAME: Final = "delete from case_named where seal_id = $1 and subject <> all ($2)"
_MARK: Final = "update stream set sealed = $2 where id = $1"
_TOUCH: Final = "update case_seal set version = version + 1 where id = $1"
_PROPOSE: Final = """
    update case_seal set state = $2, proposed_by = $3, proposed_agency = $4, proposed_at = $5,
        version = version + 1 where id = $1
"""
_KEEP: Final = """
    update case_seal set state = $2, proposed_by = null, proposed_agency = null, proposed_at = null,
        version = version + 1 where id = $1
"""
_UNSEAL: Final = """
    update case_seal set state = $2, unsealed_by = $3, unsealed_agency = $4, unsealed_at = $5,
        version = version + 1 where id = $1
"""


def reason_place(row: UUID) -> Aad:
    """Why a case is sealed."""
    return Aad("case_seal", "reason_sealed", row, contents.ONCE)


async def of_case(work: Work, case: CaseId, key: DataKey) -> Seal | None:
    """The seal that a case has."""
    return _first(await work.fetch(_OF_CASE, case), key)


async def case_of(work: Work, seal: UUID) -> CaseId | None:
    """The case that a seal is on, or was."""
    rows = await work.fetch(_ONE, seal)
    return CaseId(rows[0]["case_id"]) if rows else None


async def one(work: Work, seal: UUID, key: DataKey) -> Seal | None:
    """One seal, also one that was taken off."""
    return _first(await work.fetch(_ONE, seal), key)


async def make(work: Work, seal: Seal, key: DataKey) -> None:
    """Seals a case for all but those who are named."""
    sealed = contents.sealed(key, {"reason": seal.reason}, reason_place(seal.id))
    await work.fetch(_MAKE, seal.id, seal.case, seal.state, sealed, seal.sealed_by, seal.sealed_at)
    await work.fetch(_NAME, seal.id, seal.case, list(seal.members), seal.sealed_by, work.now)
    await work.fetch(_MARK, seal.case, True)


async def name(work: Work, seal: Seal, members: Sequence[str]) -> None:
    """Names these, and nobody else."""
    await work.fetch(_NAME, seal.id, seal.case, list(members), work.permit.caller.subject, work.now)
    await work.fetch(_UNNAME, seal.id, list(members))
    await work.fetch(_TOUCH, seal.id)


async def propose(work: Work, seal: Seal, state: str, agency: str) -> None:
    """Somebody wants the seal taken off."""
    await work.fetch(_PROPOSE, seal.id, state, work.permit.caller.subject, agency, work.now)


async def keep(work: Work, seal: Seal, state: str) -> None:
    """It stays on: nothing is proposed any more."""
    await work.fetch(_KEEP, seal.id, state)


async def unseal(work: Work, seal: Seal, state: str, agency: str) -> None:
    """The case is again what everybody's rights make of it."""
    await work.fetch(_UNSEAL, seal.id, state, work.permit.caller.subject, agency, work.now)
    await work.fetch(_MARK, seal.case, False)


def _first(rows: Sequence[Row], key: DataKey) -> Seal | None:
    if not rows:
        return None
    row = rows[0]
    reason = contents.opened(key, row["reason_sealed"], reason_place(row["id"]))["reason"]
    by = row["proposed_by"]
    return Seal(
        id=row["id"],
        case=CaseId(row["case_id"]),
        state=row["state"],
        reason=reason,
        members=tuple(row["members"]),
        sealed_by=row["sealed_by"],
        sealed_at=row["sealed_at"],
        proposal=None if by is None else Proposal(by, row["proposed_agency"], row["proposed_at"]),
        version=row["version"],
    )
