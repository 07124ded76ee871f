"""What is known of call-outs about the people in a referral, on the referral's own row."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from services.cases.model.callouts import Answered, CallOuts, Window
from services.cases.model.codes import CallOutState, Ground
from services.cases.model.ids import ParticipationId, ReferralId
from services.cases.store import contents
from services.kit.calendar import parse_date
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.sealed import Aad, DataKey

# As for scores: the claim itself moves the due time, and waits grow, here up to a quarter of an hour.
_CLAIM = text("""
    with due as (
        select id from referral where callouts_state = 'waiting' and callouts_due_at <= now()
        order by callouts_due_at limit :most for update skip locked
    )
    update referral r set
        callouts_tries = callouts_tries + 1,
        callouts_due_at = now()
            + interval '1 second' * least(900, power(2, least(callouts_tries, 12))) * (0.75 + random() / 2)
    from due where r.id = due.id
    returning r.id
""")
_SETTLE = text("""
    update referral set callouts_state = :state, callouts_due_at = null, callouts_at = :at,
        callouts_rule = :rule, callouts_sealed = :sealed
    where id = :id and callouts_state = 'waiting'
        and content_version = coalesce(cast(:content as integer), content_version)
""")
_FOUND = text("""
    update referral set grounds_found = array_append(grounds_found, :ground), version = version + 1,
        changed_at = :at
    where id = :id and not :ground = any (grounds_found)
""")
COLUMNS: Final = "r.callouts_state, r.callouts_tries, r.callouts_at, r.callouts_rule, r.callouts_sealed"


async def claim(work: Work, most: int) -> Sequence[ReferralId]:
    """Takes up to ``most`` referrals whose turn it is; nobody else gets them until their next turn."""
    return [ReferralId(row.id) for row in await work.conn.execute(_CLAIM, {"most": most})]


async def settle(
    work: Work,
    referral: UUID,
    state: CallOutState,
    *,
    content: int | None = None,
    answer: tuple[str, bytes] | None = None,
) -> bool:
    """Ends the asking; False when somebody else was faster, or what was asked about is corrected meanwhile.

    ``content``: the version of the referral's content that was asked about; ``answer``: the version of the
    rule, and what was answered, sealed.
    """
    rule, sealed = answer or (None, None)
    told: dict[str, Any] = {"id": referral, "state": state.value, "at": work.now, "content": content}
    told |= {"rule": rule, "sealed": sealed}
    return (await work.conn.execute(_SETTLE, told)).rowcount == 1


async def found(work: Work, referral: UUID, ground: Ground) -> None:
    """Adds a ground that the sender did not tell."""
    told = {"id": referral, "ground": ground.value, "at": work.now}
    await work.conn.execute(_FOUND, told)


def sealed(key: DataKey, referral: UUID, window: Window, answers: Sequence[Answered]) -> bytes:
    """The answers as they are kept."""
    content = {
        "since": window.since.isoformat(),
        "until": window.until.isoformat(),
        "answers": [
            {
                "victim": str(one.victim),
                "threatening": str(one.threatening),
                "source": one.source,
                "days": [day.isoformat() for day in one.days],
            }
            for one in answers
        ],
    }
    return contents.sealed(key, content, _place(referral))


def opened(row: Row, key: DataKey) -> CallOuts:
    """What a referral's row says of call-outs."""
    content = row["callouts_sealed"]
    told: Mapping[str, Any] | None = None
    if content is not None:
        told = contents.opened(key, content, _place(row["id"]))
    return CallOuts(
        state=CallOutState(row["callouts_state"]),
        tries=row["callouts_tries"],
        settled_at=row["callouts_at"],
        rule=row["callouts_rule"],
        window=None if told is None else Window(parse_date(told["since"]), parse_date(told["until"])),
        answers=() if told is None else [_answered(one) for one in told["answers"]],
    )


def _answered(told: Mapping[str, Any]) -> Answered:
    return Answered(
        ParticipationId(UUID(told["victim"])),
        ParticipationId(UUID(told["threatening"])),
        told["source"],
        [parse_date(day) for day in told["days"]],
    )


def _place(referral: UUID) -> Aad:
    return Aad("referral", "callouts_sealed", referral, contents.ONCE)
