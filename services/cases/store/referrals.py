"""Referrals: taken whole or not at all, found again, moved from state to state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.cases.model.codes import Band, Ground, ScoreState, State
from services.cases.model.ids import AssessmentId, CaseId, KeyId, ReferralId
from services.cases.model.referral import Head, Sender
from services.cases.model.states import (
    Accepted,
    AwaitingScreening,
    Declined,
    Received,
    Redirected,
    ReferralState,
    Score,
    Withdrawn,
    state_name,
)
from services.kit import driver
from services.kit.db import Work

_SCORE = """
    a.id as assessment_id, a.instrument, a.version as instrument_version, a.content_hash, a.engine, a.score,
    a.band, a.grounds as score_grounds, a.scored_at
"""
_HEAD = """
    r.id, r.reference, r.sender, r.sender_reference, r.region, r.referred_on, r.case_id, r.key_id, r.state,
    r.state_reason, r.decided_at, r.decided_by, r.score_state, r.version, r.changed_at, r.content_digest,
    r.sender_version, coalesce(r.last_version, r.sender_version) as last_version, r.content_version,
    r.withdrawn_at, r.withdrawal_reason, r.grounds_found, r.referred_in
"""
_READ = f"""
    select {_HEAD}, {_SCORE} from referral r
    left join assessment a on a.referral_id = r.id and a.replaced_in is null
"""  # noqa: S608 - constants
_SAME = text(
    _READ
    + """
    where r.reference = :reference
       or (r.sender = :sender and r.sender_reference = :sender_reference
           and r.sender_version = :sender_version)
    """
)
_BY_REFERENCE = text(f"{_READ} where r.reference = :reference")
_LOCKED = text(f"""
    {_READ} join data_key k on k.id = r.key_id and k.wrapped is not null where r.id = :id for update of r
""")
_MOVE = text("""
    update referral set state = :state, state_reason = :state_reason, decided_at = :decided_at,
        decided_by = :decided_by, score_state = :score_state, score_due_at = null, changed_at = :changed_at,
        note_sealed = :note_sealed, redirected_to = :to, version = version + 1,
        repeats_state = case when :is_accepted then 'waiting' else repeats_state end,
        repeats_due_at = case when :is_accepted then now() else repeats_due_at end
    where id = :id
""")
_WITHDRAW = text("""
    update referral set withdrawn_at = :at, withdrawal_reason = :reason, state = :state,
        changed_at = case when state = :state then changed_at else :at end,
        score_state = case when score_state = 'waiting' then 'none' else score_state end,
        score_due_at = null, version = version + 1
    where id = :id
""")


@dataclass(frozen=True, slots=True)
class Stored:
    """A referral as it stands, without its sealed values."""

    head: Head
    sender_reference: str | None
    sender_version: int | None
    last_version: int | None
    content_version: int
    withdrawn_at: datetime | None
    state: ReferralState
    score_state: ScoreState
    assessment: AssessmentId | None
    key: KeyId
    version: int
    changed_at: datetime
    digest: bytes
    grounds_found: tuple[Ground, ...]

    @property
    def band(self) -> Band | None:
        """The band of its score."""
        score = None if isinstance(self.state, Received) else self.state.score
        return score.band if score else None


async def same(work: Work, reference: str, sender: Sender | None) -> Sequence[Stored]:
    """Those that have this reference, or this sender's reference and version: at the most two."""
    parameters = {
        "reference": reference,
        "sender": sender.client if sender else None,
        "sender_reference": sender.reference if sender else None,
        "sender_version": sender.version if sender else None,
    }
    return [_stored(row) for row in await work.conn.execute(_SAME, parameters)]


async def by_reference(work: Work, reference: str) -> Stored | None:
    """The referral with a public reference, if the caller may see it."""
    row = (await work.conn.execute(_BY_REFERENCE, {"reference": reference})).one_or_none()
    return None if row is None else _stored(row)


async def locked(work: Work, referral: UUID) -> Stored | None:
    """The referral, locked until the transaction ends; none that is erased or not the caller's to see."""
    row = (await work.conn.execute(_LOCKED, {"id": referral})).one_or_none()
    return None if row is None else _stored(row)


async def move(  # noqa: PLR0913, PLR0917 - what a decision leaves
    work: Work,
    stored: Stored,
    state: ReferralState,
    score: ScoreState,
    note: bytes | None = None,
    to: str | None = None,
) -> None:
    """Writes the new state of a locked referral; its version grows by one.

    What is accepted is looked at for repeats again: others may have been accepted since it came.
    """
    await work.conn.execute(
        _MOVE,
        {
            **state_columns(state),
            "id": stored.head.id,
            "score_state": score.value,
            "changed_at": work.now,
            "note_sealed": note,
            "to": to,
            "is_accepted": isinstance(state, Accepted),
        },
    )


async def withdraw(work: Work, stored: Stored, state: ReferralState, reason: str) -> None:
    """Notes that the sender has withdrawn a locked referral, which is in this state from now on.

    Its score is waited for no more; since when the status holds changes with the status alone.
    """
    parameters = {
        "id": stored.head.id,
        "at": work.now,
        "reason": reason,
        "state": state_name(state).value,
    }
    await work.conn.execute(_WITHDRAW, parameters)


def state_columns(state: ReferralState) -> dict[str, Any]:
    """The columns that hold a state."""
    columns: dict[str, Any] = {
        "state": state_name(state).value,
        "state_reason": None,
        "decided_at": None,
        "decided_by": None,
    }
    match state:
        case Accepted():
            return columns | {"decided_at": state.decided_at, "decided_by": state.decided_by}
        case Declined() | Redirected():
            decided = {"decided_at": state.decided_at, "decided_by": state.decided_by}
            return columns | decided | {"state_reason": state.reason}
        case _:
            return columns


def _stored(row: Row[Any]) -> Stored:
    referred_on: date = row.referred_on
    return Stored(
        head=Head(
            ReferralId(row.id),
            row.reference,
            row.sender,
            row.region,
            referred_on,
            CaseId(row.case_id),
            row.referred_in,
        ),
        sender_reference=row.sender_reference,
        sender_version=row.sender_version,
        last_version=row.last_version,
        content_version=row.content_version,
        withdrawn_at=row.withdrawn_at,
        state=state_of(row._mapping),  # noqa: SLF001 - SQLAlchemy's public name for it
        score_state=ScoreState(row.score_state),
        assessment=AssessmentId(row.assessment_id) if row.assessment_id else None,
        key=KeyId(row.key_id),
        version=row.version,
        changed_at=row.changed_at,
        digest=bytes(row.content_digest),
        grounds_found=tuple(map(Ground, row.grounds_found)),
    )


def state_of(row: driver.Row) -> ReferralState:
    """The state that a row of referral, joined with its assessment, stands for."""
    score = score_of(row)
    match State(row["state"]):
        case State.RECEIVED:
            return Received()
        case State.AWAITING_SCREENING:
            return AwaitingScreening(score)
        case State.ACCEPTED:
            return Accepted(score, CaseId(row["case_id"]), row["decided_at"], row["decided_by"])
        case State.DECLINED:
            return Declined(score, row["state_reason"], row["decided_at"], row["decided_by"])
        case State.REDIRECTED:
            return Redirected(score, row["state_reason"], row["decided_at"], row["decided_by"])
        case State.WITHDRAWN:
            return Withdrawn(score, row["withdrawal_reason"], row["withdrawn_at"])


def score_of(row: driver.Row) -> Score | None:
    """The score in a row joined with its assessment."""
    if row["score"] is None:
        return None
    return Score(
        instrument=row["instrument"],
        version=row["instrument_version"],
        content_hash=row["content_hash"],
        engine=row["engine"],
        value=row["score"],
        band=Band(row["band"]),
        grounds=tuple(map(Ground, row["score_grounds"])),
        scored_at=row["scored_at"],
    )
