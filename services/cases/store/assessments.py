"""Assessments that wait for their score, and the scores that come later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from services.cases.model.codes import Ground
from services.cases.model.ids import AssessmentId, KeyId, ReferralId
from services.cases.model.states import Score
from services.cases.store.intake import score_columns
from services.kit.db import Work

# The pause doubles with each try up to half a minute and is spread, so that a scorer that comes back is not
# met by everything at once. The claim itself moves the due time: whoever dies with it gives it back.
_CLAIM = text("""
    with due as (
        select id from referral where score_state = 'waiting' and score_due_at <= now()
        order by score_due_at limit :most for update skip locked
    ), claimed as (
        update referral r set
            score_tries = score_tries + 1,
            score_due_at = now()
                + interval '1 second' * least(30, power(2, least(score_tries, 10))) * (0.75 + random() / 2)
        from due where r.id = due.id
        returning r.id, r.key_id, r.grounds, r.score_tries
    )
    select c.id, c.key_id, c.grounds, c.score_tries, a.id as assessment_id, a.instrument, a.completed_on,
           a.answers_sealed
    from claimed c join assessment a on a.referral_id = c.id and a.replaced_in is null
""")
_SAVE = text("""
    update assessment set version = :version, content_hash = :content_hash, engine = :engine, score = :score,
        band = :band, grounds = :grounds, scored_at = :scored_at, result_sealed = :result
    where id = :id
""")


@dataclass(frozen=True, slots=True)
class Due:
    """An assessment whose turn it is; answers still sealed."""

    referral: ReferralId
    key: KeyId
    grounds: tuple[Ground, ...]
    tries: int
    assessment: AssessmentId
    instrument: str
    completed_on: date
    answers: bytes


async def claim(work: Work, most: int) -> Sequence[Due]:
    """Takes up to ``most`` assessments that wait for a score; nobody else gets them until their next turn."""
    return [
        Due(
            referral=ReferralId(row.id),
            key=KeyId(row.key_id),
            grounds=tuple(map(Ground, row.grounds)),
            tries=row.score_tries,
            assessment=AssessmentId(row.assessment_id),
            instrument=row.instrument,
            completed_on=row.completed_on,
            answers=bytes(row.answers_sealed),
        )
        for row in await work.conn.execute(_CLAIM, {"most": most})
    ]


async def save(work: Work, assessment: AssessmentId, score: Score, result: bytes) -> None:
    """Writes the score of an assessment that had none."""
    await work.conn.execute(_SAVE, {"id": assessment, "result": result, **score_columns(score)})
