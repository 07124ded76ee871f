"""Actions of the plan: readable columns, sealed words; every change keeps what it replaces."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from services.cases.model.duties import Seats
from services.cases.model.ids import CaseId, KeyId
from services.cases.model.plan import Content, Earlier, PlanFilters, Planned, PlanState, Told
from services.cases.store import contents
from services.cases.store.dossiers import AGENCIES, reach_of
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.paging import Place
from services.kit.sealed import Aad, DataKey, KeyRing

_COLUMNS: Final = (
    *("id", "case_id", "state", "agency", "member_id", "due_on", "meeting_id", "declined", "reason"),
    *("reviews", "version", "content_version", "outcome_version", "proposed_on", "proposed_by"),
    "changed_at",
)
_ACTION: Final = ", ".join(f"a.{name}" for name in _COLUMNS if name != "state")
_FROM: Final = f"""
    select {_ACTION}, a.state as action_state, a.sealed, a.outcome_sealed, c.region, c.state, c.key_id,
        k.wrapped, {AGENCIES.format(case="c.id")}
    from plan_action a join marac_case c on c.id = a.case_id
    join data_key k on k.id = c.key_id and k.wrapped is not null
"""  # noqa: S608 - constants
_ONE: Final = f"{_FROM} where a.id = $1"
_OF_MEETING: Final = f"{_FROM} where a.meeting_id = $1 order by a.due_on, a.id"
_LIST: Final = f"""
    {_FROM} where ($1::uuid is null or a.case_id = $1) and ($2::text is null or c.region = $2)
    and ($3::text is null or a.agency = $3) and ($4::text is null or a.state = $4)
    and (not $5 or (a.state in ('volunteered', 'assigned') and a.due_on < $6))
    and (
        not $7 or a.member_id = (select m.id from member m where m.subject = $8)
        or ((a.member_id is null or $8 like '%/%') and exists (  -- of a system: whoever of the agency has it
            select from unnest($9::text[], $10::text[]) as seat (region, agency)
            where seat.region = c.region and seat.agency = a.agency
        ))
    )
    and ($11::date is null or (a.due_on, a.id) > ($11, $12::uuid))
    order by a.due_on, a.id limit $13
"""  # noqa: S608 - constants
_MAKE: Final = f"""
    insert into plan_action ({", ".join(_COLUMNS)}, sealed, outcome_sealed)
    values ({", ".join(f"${place}" for place, _ in enumerate(_COLUMNS, 1))}, $17, null)
"""  # noqa: S608 - constants
_KEEP: Final = """
    insert into plan_action_version
        (id, action_id, case_id, version, state, agency, member_id, due_on, content_version, outcome_version,
         sealed, outcome_sealed, replaced_at, replaced_by)
    select $2, id, case_id, version, state, agency, member_id, due_on, content_version, outcome_version,
        sealed, outcome_sealed, $3, $4
    from plan_action where id = $1
"""
_CHANGE: Final = """
    update plan_action set state = $2, agency = $3, member_id = $4, due_on = $5, meeting_id = $6,
        declined = $7, reason = $8, reviews = $9, version = $10, content_version = $11,
        outcome_version = $12, changed_at = $13, sealed = coalesce($14, sealed),
        outcome_sealed = case when $12::integer is null then null else coalesce($15, outcome_sealed) end
    where id = $1 and version = $10 - 1 returning id
"""
_EARLIER: Final = """
    select id, action_id, version, state, agency, member_id, due_on, content_version, outcome_version, sealed,
        outcome_sealed, replaced_at, replaced_by
    from plan_action_version where action_id = $1
    and ($2::uuid is null or version < (
        select version from plan_action_version where id = $2 and action_id = $1
    ))
    order by version desc limit $3
"""
_MEMBER: Final = """
    select m.id, exists (
        select from appointment a where a.member_id = m.id and a.role = 'agency-member'
        and a.region = $3 and a.agency = $4 and a.valid_from <= $5
        and (a.valid_to is null or a.valid_to > $5)
    ) as holds
    from member m where m.id = $1 or m.subject = $2
"""


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """An action as it is kept, with the key of its case as it is kept."""

    told: Row
    planned: Planned


async def one(work: Work, action_id: UUID) -> Kept | None:
    """One action; row-level security has its say, and what is erased is not found."""
    rows = await work.fetch(_ONE, action_id)
    return _kept(rows[0]) if rows else None


async def listed(
    work: Work, seats: Seats, filters: PlanFilters, after: Place | None, most: int
) -> Sequence[Kept]:
    """The actions behind a place, what is due first first."""
    own = [
        (place, agency)
        for place, agency in zip(seats.places, seats.agencies, strict=True)
        if agency is not None
    ]
    rows = await work.fetch(
        _LIST,
        filters.case,
        filters.region,
        filters.agency,
        filters.state.value if filters.state else None,
        filters.overdue,
        local_date(work.now),
        filters.mine,
        seats.subject,
        [place for place, _ in own],
        [agency for _, agency in own],
        after.day if after else None,
        after.id if after else None,
        most,
    )
    return [_kept(row) for row in rows]


async def of_meeting(work: Work, meeting_id: UUID) -> Sequence[Kept]:
    """What a meeting asked for, what is due first first."""
    return [_kept(row) for row in await work.fetch(_OF_MEETING, meeting_id)]


async def make(work: Work, planned: Planned, content: Content, key: DataKey) -> None:
    """Writes a new action."""
    await work.fetch(_MAKE, *_values(planned), _sealed(planned, content, key))


async def change(
    work: Work, planned: Planned, content: Content | None, outcome: str | None, key: DataKey
) -> bool:
    """Writes an action as it is now, and keeps what it was; False when somebody else was faster."""
    await work.fetch(_KEEP, planned.id, new_id(), work.now, work.permit.caller.subject)
    sealed = None if content is None else _sealed(planned, content, key)
    place = outcome_place(planned.id, planned.version)
    told = None if outcome is None else contents.sealed(key, {"outcome": outcome}, place)
    now = (
        *(planned.id, planned.state.value, planned.agency, planned.member, planned.due_on, planned.meeting),
        *(list(planned.declined), planned.reason, planned.reviews, planned.version),
        *(planned.content_version, planned.outcome_version, work.now, sealed, told),
    )
    return bool(await work.fetch(_CHANGE, *now))


async def earlier(
    work: Work, action_id: UUID, before: Place | None, most: int, key: DataKey
) -> Sequence[Earlier]:
    """What an action was, the newest first."""
    last = None if before is None else before.id
    return [_earlier(row, key) for row in await work.fetch(_EARLIER, action_id, last, most)]


async def member(
    work: Work, region: str, agency: str, *, id_: UUID | None = None, subject: str | None = None
) -> UUID | None:
    """The id of a member who works for an agency in a region today; None for anybody else."""
    rows = await work.fetch(_MEMBER, id_, subject, region, agency, local_date(work.now))
    return next((row["id"] for row in rows if row["holds"]), None)


def told(kept: Kept, ring: KeyRing) -> Told:
    """An action with its words."""
    row = kept.told
    key = ring.unwrap(KeyId(row["key_id"]), row["wrapped"])
    return Told(kept.planned, *_words(row, kept.planned.id, key), reach_of(row))


def content_place(row: UUID, version: int) -> Aad:
    """What is to be done."""
    return Aad("plan_action", "sealed", row, version)


def outcome_place(row: UUID, version: int) -> Aad:
    """What came of it, by the version of the action that told it."""
    return Aad("plan_action", "outcome_sealed", row, version)


def _sealed(planned: Planned, content: Content, key: DataKey) -> bytes:
    words = {"what": content.what, "outcomeWanted": content.outcome_wanted}
    return contents.sealed(key, words, content_place(planned.id, planned.content_version))


def _words(row: Row, action_id: UUID, key: DataKey) -> tuple[Content, str | None]:
    words = contents.opened(key, row["sealed"], content_place(action_id, row["content_version"]))
    outcome = None
    if row["outcome_version"] is not None:
        place = outcome_place(action_id, row["outcome_version"])
        outcome = contents.opened(key, row["outcome_sealed"], place)["outcome"]
    return Content(words["what"], words["outcomeWanted"]), outcome


def _values(planned: Planned) -> tuple[Any, ...]:
    return (
        *(planned.id, planned.case, planned.state.value, planned.agency, planned.member, planned.due_on),
        *(planned.meeting, list(planned.declined), planned.reason, planned.reviews, planned.version),
        *(planned.content_version, planned.outcome_version, planned.proposed_on, planned.proposed_by),
        planned.changed_at,
    )


def _kept(row: Row) -> Kept:
    planned = Planned(
        id=row["id"],
        case=CaseId(row["case_id"]),
        state=PlanState(row["action_state"]),
        agency=row["agency"],
        member=row["member_id"],
        due_on=row["due_on"],
        meeting=row["meeting_id"],
        declined=tuple(row["declined"]),
        reason=row["reason"],
        reviews=row["reviews"],
        version=row["version"],
        content_version=row["content_version"],
        outcome_version=row["outcome_version"],
        proposed_on=row["proposed_on"],
        proposed_by=row["proposed_by"],
        changed_at=row["changed_at"],
    )
    return Kept(row, planned)


def _earlier(row: Row, key: DataKey) -> Earlier:
    content, outcome = _words(row, row["action_id"], key)
    return Earlier(
        id=row["id"],
        version=row["version"],
        state=PlanState(row["state"]),
        agency=row["agency"],
        member=row["member_id"],
        due_on=row["due_on"],
        content=content,
        outcome=outcome,
        replaced_at=row["replaced_at"],
        replaced_by=row["replaced_by"],
    )
