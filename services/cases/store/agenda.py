"""Agendas: cases on meetings, what follows of them, and cases that should be on one."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

import asyncpg

from services.cases.model.agenda import AgendaItem, ItemState, Outcome, Proposal, Why
from services.cases.model.dossiers import Reach
from services.cases.model.ids import CaseId
from services.cases.model.meetings import Meeting
from services.cases.model.problems import AlreadyOnAgenda
from services.cases.store import bars
from services.cases.store.dossiers import AGENCIES
from services.kit.db import Work
from services.kit.driver import Row

ONE_DISCUSSION = "agenda_item_one_discussion"
ITEM = f"""
    i.id, i.meeting_id, i.case_id, i.meets_on, i.why, i.minutes, i.position, i.state, i.late_reason, i.reason,
    i.outcome, i.review_on, i.version, c.region as case_region, c.state as case_state,
    {AGENCIES.format(case="c.id")}
"""
_FROM = "agenda_item i join marac_case c on c.id = i.case_id"
_OF_MEETING = f"""
    select {ITEM} from {_FROM} join data_key k on k.id = c.key_id and k.wrapped is not null
    where i.meeting_id = $1 order by i.position
"""  # noqa: S608 - constants
_ONE = f"""
    select {ITEM} from {_FROM} join data_key k on k.id = c.key_id and k.wrapped is not null where i.id = $1
"""  # noqa: S608 - constants
_PUT = """
    insert into agenda_item (id, case_id, meeting_id, meets_on, live, why, minutes, position, state,
        late_reason, added_at, added_by)
    select $1, $2, $3, $4, true,
        case when exists (
            select from agenda_item o
            join meeting earlier on earlier.id = o.meeting_id
            join meeting here on here.id = $3 and here.region = earlier.region
            where o.case_id = $2 and o.state = 'discussed'
        ) then 'review' else 'new' end,
        $5, 1 + coalesce((select max(position) from agenda_item where meeting_id = $3), 0), 'on', $6, $7, $8
"""
_MOVE = """
    update agenda_item set state = $2, reason = $3, outcome = $4, review_on = $5, version = version + 1
    where id = $1
"""
#: New: never discussed by this network. Due for review: the last discussion asked for one, by the day of the
#: meeting. What is on an agenda that was not cancelled is on its way.
_PROPOSED = f"""
    select c.id as case_id, c.region as case_region, c.state as case_state, c.opened_on,
        l.meets_on as discussed_on, l.review_on, {AGENCIES.format(case="c.id")}
    from marac_case c join data_key k on k.id = c.key_id and k.wrapped is not null
    left join lateral (
        select i.meets_on, i.outcome, i.review_on from agenda_item i
        join meeting m on m.id = i.meeting_id and m.region = c.region
        where i.case_id = c.id and i.state = 'discussed' order by i.meets_on desc limit 1
    ) l on true
    where c.region = $1 and c.state = any ($2::text[])
    and not exists (select from agenda_item i where i.case_id = c.id and i.live and i.state = 'on')
    and (l.meets_on is null or l.outcome = 'review' and l.meets_on < $3 and coalesce(l.review_on, $3) <= $3)
    order by l.meets_on is not null, c.opened_on, c.id limit $4
"""  # noqa: S608 - constants


async def of_meeting(work: Work, meeting_id: UUID) -> Sequence[AgendaItem]:
    """Everything that is or was on an agenda, as far as row-level security shows it."""
    return [item_of(row) for row in await work.fetch(_OF_MEETING, meeting_id)]


async def item(work: Work, item_id: UUID) -> AgendaItem | None:
    """One item."""
    rows = await work.fetch(_ONE, item_id)
    return item_of(rows[0]) if rows else None


async def put(  # noqa: PLR0913, PLR0917 - what an item is made of
    work: Work, item_id: UUID, case: CaseId, meeting: Meeting, minutes: int, late_reason: str | None
) -> None:
    """Puts a case on the agenda of a meeting that is held for it; AlreadyOnAgenda as the database says."""
    by = work.permit.caller.subject
    values = (item_id, case, meeting.id, meeting.meets_on, minutes, late_reason, work.now, by)
    try:
        await work.fetch(_PUT, *values)
    except asyncpg.UniqueViolationError as error:
        raise once_a_day(error) from error


async def move(
    work: Work,
    before: AgendaItem,
    state: ItemState,
    *,
    reason: str | None = None,
    follows: tuple[Outcome, object] | None = None,
) -> AgendaItem:
    """Writes what became of an item; ``follows`` are outcome and day of review of a discussion."""
    outcome, review_on = (None, None) if follows is None else follows
    await work.fetch(
        _MOVE, before.id, state.value, reason, None if outcome is None else outcome.value, review_on
    )
    return replace(before, state=state, reason=reason, outcome=outcome, version=before.version + 1)


async def proposed(work: Work, meeting: Meeting, states: Collection[str], most: int) -> Sequence[Proposal]:
    """Cases of the meeting's region that should be on its agenda: the new ones first, the oldest first."""
    rows = await work.fetch(_PROPOSED, meeting.region, sorted(states), meeting.meets_on, most)
    return [
        Proposal(
            case=CaseId(row["case_id"]),
            why=Why.NEW if row["discussed_on"] is None else Why.REVIEW,
            opened_on=row["opened_on"],
            discussed_on=row["discussed_on"],
            review_on=row["review_on"],
            reach=_reach(row),
        )
        for row in rows
    ]


def once_a_day(error: asyncpg.UniqueViolationError) -> Exception:
    """What a broken uniqueness means to the caller; the error itself, if it is another one."""
    return AlreadyOnAgenda() if error.constraint_name == ONE_DISCUSSION else error


def item_of(row: Row) -> AgendaItem:
    """The item of a row."""
    return AgendaItem(
        id=row["id"],
        meeting=row["meeting_id"],
        case=CaseId(row["case_id"]),
        meets_on=row["meets_on"],
        why=Why(row["why"]),
        minutes=row["minutes"],
        position=row["position"],
        state=ItemState(row["state"]),
        late_reason=row["late_reason"],
        reason=row["reason"],
        outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
        review_on=row["review_on"],
        reach=_reach(row),
        version=row["version"],
    )


def _reach(row: Row) -> Reach:
    return Reach(row["case_region"], frozenset(row["agencies"]), row["case_state"], bars.of(row))
