"""Series and meetings of regions, and the steps that meetings took."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import column, literal, select, table, text, tuple_

from services.cases.model.meetings import Meeting, MeetingKind, MeetingState, Room, Series, SeriesFacts
from services.cases.store.agenda import once_a_day
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.paging import Place

_SERIES = "id, region, starts_on, every_weeks, starts_at, minutes, minutes_per_case, place, ends_on, version"
_MEETING = (
    "id, region, series_id, kind, state, planned_on, meets_on, starts_at, minutes, minutes_per_case, place, "
    "agenda_closes_on, research_due_on, reason, version"
)
#: The same beside other tables, under the name ``m``.
MEETING = ", ".join(f"m.{name}" for name in _MEETING.split(", "))
_M = table("meeting", *(column(name) for name in _MEETING.split(", ")))
_LIST_SERIES = f"""
    select {_SERIES} from meeting_series where $1::text is null or region = $1
    order by region, starts_on, id
"""  # noqa: S608 - constants
_ONE_SERIES = f"select {_SERIES} from meeting_series where id = $1"  # noqa: S608 - constants
_LOCK_SERIES = f"{_ONE_SERIES} for update"
_LOCK_MEETING = f"select {_MEETING} from meeting where id = $1 for update"  # noqa: S608 - constants
_ONE_MEETING = f"select {_MEETING} from meeting where id = $1"  # noqa: S608 - constants
_ADD_SERIES = f"""
    insert into meeting_series ({_SERIES}, made_at, made_by)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11)
"""  # noqa: S608 - constants
_CHANGE_SERIES = """
    update meeting_series set starts_on = $2, every_weeks = $3, starts_at = $4, minutes = $5,
        minutes_per_case = $6, place = $7, ends_on = $8, version = version + 1
    where id = $1
"""
_ADD = text(f"""
    insert into meeting ({_MEETING}, made_at, made_by)
    values (:id, :region, :series, :kind, 'planned', :meets_on, :meets_on, :starts_at, :minutes,
        :minutes_per_case, :place, :agenda_closes_on, :research_due_on, null, 1, :at, :by)
    on conflict (series_id, planned_on) do nothing
""")  # noqa: S608 - constants
_OF_SERIES = f"""
    select {_MEETING} from meeting where series_id = $1 and planned_on >= $2 order by planned_on
"""  # noqa: S608 - constants
_MOVE = """
    update meeting set state = $2, meets_on = $3, agenda_closes_on = $4, research_due_on = $5, reason = $6,
        version = version + 1
    where id = $1
"""
_STEP = """
    insert into meeting_step
        (id, meeting_id, region, action, source, target, reason, met_on, meets_on, at, by)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a caller asks a list of meetings for; None asks for everything."""

    region: str | None = None
    state: MeetingState | None = None
    since: date | None = None
    until: date | None = None


async def list_series(work: Work, region: str | None) -> Sequence[Series]:
    """The series that row-level security shows."""
    return [_series(row) for row in await work.fetch(_LIST_SERIES, region)]


async def series(work: Work, series_id: UUID, *, lock: bool = False) -> Series | None:
    """One series; ``lock`` makes its writers follow each other."""
    rows = await work.fetch(_LOCK_SERIES if lock else _ONE_SERIES, series_id)
    return _series(rows[0]) if rows else None


async def add_series(work: Work, region: str, facts: SeriesFacts) -> UUID:
    """Writes a new series; its id."""
    made, by = new_id(), work.permit.caller.subject
    await work.fetch(_ADD_SERIES, made, region, *_facts(facts), work.now, by)
    return made


async def change_series(work: Work, series_id: UUID, facts: SeriesFacts) -> None:
    """Replaces what a series says; meetings that were made of it stay as they are."""
    await work.fetch(_CHANGE_SERIES, series_id, *_facts(facts))


async def meeting(work: Work, meeting_id: UUID, *, lock: bool = False) -> Meeting | None:
    """One meeting; ``lock`` makes its writers follow each other."""
    rows = await work.fetch(_LOCK_MEETING if lock else _ONE_MEETING, meeting_id)
    return meeting_of(rows[0]) if rows else None


async def add(work: Work, meetings: Sequence[Meeting]) -> None:
    """Writes new meetings; one that the series has already made for that day is left alone."""
    if meetings:
        await work.conn.execute(_ADD, [_row(work, each) for each in meetings])


async def of_series(work: Work, series_id: UUID, since: date) -> Sequence[Meeting]:
    """The meetings of a series that were planned for a day or later."""
    return [meeting_of(row) for row in await work.fetch(_OF_SERIES, series_id, since)]


async def listed(work: Work, filters: Filters, after: Place | None, most: int) -> list[Meeting]:
    """The first meetings behind a place that the permit covers, the latest day first."""
    query = select(_M).where(work.permit.sql({"region": _M.c.region.in_}), *_asked(filters))
    if after is not None:
        query = query.where(tuple_(_M.c.meets_on, _M.c.id) < tuple_(literal(after.day), literal(after.id)))
    query = query.order_by(_M.c.meets_on.desc(), _M.c.id.desc()).limit(most)
    return [meeting_of(row) for row in (await work.conn.execute(query)).mappings()]


async def move(work: Work, before: Meeting, after: Meeting, action: str) -> Meeting:
    """Writes what became of a meeting, and the step; the meeting with its new version.

    Raises AlreadyOnAgenda when one of its cases is on another agenda of the new day.
    """
    told = (after.state.value, after.meets_on, after.agenda_closes_on, after.research_due_on, after.reason)
    try:
        await work.fetch(_MOVE, before.id, *told)
    except asyncpg.UniqueViolationError as error:
        raise once_a_day(error) from error
    await work.fetch(
        _STEP,
        new_id(),
        before.id,
        before.region,
        action,
        before.state.value,
        after.state.value,
        after.reason,
        before.meets_on,
        after.meets_on,
        work.now,
        work.permit.caller.subject,
    )
    return replace(after, version=before.version + 1)


def _asked(filters: Filters) -> list[Any]:
    bounds: list[Any] = []
    if filters.region is not None:
        bounds.append(_M.c.region == filters.region)
    if filters.state is not None:
        bounds.append(_M.c.state == filters.state.value)
    if filters.since is not None:
        bounds.append(_M.c.meets_on >= filters.since)
    if filters.until is not None:
        bounds.append(_M.c.meets_on <= filters.until)
    return bounds


def _facts(facts: SeriesFacts) -> tuple[object, ...]:
    room = facts.room
    return (
        facts.starts_on,
        facts.every_weeks,
        room.starts_at,
        room.minutes,
        room.minutes_per_case,
        room.place,
        facts.ends_on,
    )


def _row(work: Work, meeting: Meeting) -> dict[str, object]:
    room = meeting.room
    return {
        "id": meeting.id,
        "region": meeting.region,
        "series": meeting.series,
        "kind": meeting.kind.value,
        "meets_on": meeting.meets_on,
        "starts_at": room.starts_at,
        "minutes": room.minutes,
        "minutes_per_case": room.minutes_per_case,
        "place": room.place,
        "agenda_closes_on": meeting.agenda_closes_on,
        "research_due_on": meeting.research_due_on,
        "at": work.now,
        "by": work.permit.caller.subject,
    }


def _series(row: Row) -> Series:
    facts = SeriesFacts(row["starts_on"], row["every_weeks"], _room(row), row["ends_on"])
    return Series(row["id"], row["region"], facts, row["version"])


def meeting_of(row: Row) -> Meeting:
    """The meeting of a row."""
    return Meeting(
        id=row["id"],
        region=row["region"],
        series=row["series_id"],
        kind=MeetingKind(row["kind"]),
        state=MeetingState(row["state"]),
        planned_on=row["planned_on"],
        meets_on=row["meets_on"],
        room=_room(row),
        agenda_closes_on=row["agenda_closes_on"],
        research_due_on=row["research_due_on"],
        reason=row["reason"],
        version=row["version"],
    )


def _room(row: Row) -> Room:
    return Room(row["starts_at"], row["minutes"], row["minutes_per_case"], row["place"])
