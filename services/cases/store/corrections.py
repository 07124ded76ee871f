"""A referral that its sender corrects: the new version takes the place of the earlier one, which is kept."""

from typing import Any

from sqlalchemy import text

from services.cases.model.codes import ScoreState
from services.cases.model.ids import ReferralId
from services.cases.store.intake import Draft
from services.cases.store.referrals import state_columns
from services.kit.db import Work

_DIGEST = text(
    "select content_digest from referral_correction where referral_id = :id and version = :version"
)
#: What the referral says until now is kept before it is replaced; without that the database does not let it.
_KEEP = text("""
    insert into referral_correction (
        referral_id, version, content_digest, received_at, referred_on, occurred_at, grounds, state,
        state_reason, decided_at, decided_by, score_state, content_version, sealed, note_sealed
    )
    select id, :version, :digest, :at, referred_on, occurred_at, grounds, state,
        state_reason, decided_at, decided_by, score_state, content_version, sealed, note_sealed
    from referral where id = :id
""")
_REPLACE = text("""
    with parts as (
        update participation set replaced_in = :version where referral_id = :id and replaced_in is null
    ), tests as (
        update assessment set replaced_in = :version where referral_id = :id and replaced_in is null
    )
    update referral set last_version = :version, corrected_at = :at, referred_on = :referred_on,
        occurred_at = :occurred_at, grounds = :grounds, sealed = :sealed,
        content_version = content_version + 1,
        changed_at = case when state = :state then changed_at else :at end,
        state = :state, state_reason = :state_reason, decided_at = :decided_at, decided_by = :decided_by,
        score_state = :score_state, score_tries = 0, score_due_at = :due,
        note_sealed = case when :state = 'accepted' then note_sealed end,
        redirected_to = null,
        grounds_found = '{}', callouts_state = 'waiting', callouts_due_at = now(), callouts_tries = 0,
        callouts_at = null, callouts_rule = null, callouts_sealed = null,
        repeats_state = 'waiting', repeats_due_at = now(), repeats_at = null,
        version = version + 1
    where id = :id
""")


async def digest(work: Work, referral: ReferralId, version: int) -> bytes | None:
    """The keyed digest of a correction that was taken before."""
    found = await work.conn.execute(_DIGEST, {"id": referral, "version": version})
    return found.scalar_one_or_none()


async def replace(work: Work, draft: Draft, version: int) -> None:
    """Writes what a locked referral says from now on; people and answers are to be written after it.

    A note of who screened stays with the decision: where that is undone, it is kept with the earlier version.
    """
    waiting = draft.score_state is ScoreState.WAITING
    parameters: dict[str, Any] = {
        "id": draft.head.id,
        "version": version,
        "at": work.now,
        "referred_on": draft.head.referred_on,
        "occurred_at": draft.occurred_at,
        "grounds": [ground.value for ground in draft.grounds],
        "sealed": draft.sealed,
        **state_columns(draft.state),
        "score_state": draft.score_state.value,
        "due": work.now if waiting else None,
    }
    kept = {"id": draft.head.id, "version": version, "digest": draft.digest, "at": work.now}
    await work.conn.execute(_KEEP, kept)
    await work.conn.execute(_REPLACE, parameters)
