"""What minutes are made of, a statement for each kind of thing, whatever the number of cases."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from services.cases.model.discussions import Discussion
from services.cases.model.ids import KeyId
from services.cases.model.meetings import Meeting
from services.cases.model.minutes import DeclaredConflict
from services.cases.model.plan import Told
from services.cases.store import discussions, plan
from services.kit.db import Work
from services.kit.sealed import DataKey, KeyRing

_RECORDS: Final = """
    select d.agenda_item_id, d.case_id, d.meeting_id, d.state, d.version as last, d.closed_at,
        v.version, v.sealed, v.written_at, v.written_by, c.key_id, k.wrapped
    from discussion d join discussion_version v
        on v.agenda_item_id = d.agenda_item_id and v.version = d.version
    join marac_case c on c.id = d.case_id join data_key k on k.id = c.key_id and k.wrapped is not null
    where d.meeting_id = $1
"""
#: Told by the member, in force on the day; for which agency the member sat there, who leads the network sees.
_CONFLICTS: Final = """
    select e.case_id, e.recorded_on, s.agency from case_exclusion e
    join agenda_item i on i.case_id = e.case_id and i.meeting_id = $1 and i.state <> 'taken-off'
    left join meeting_signature s on s.meeting_id = $1 and s.subject = e.subject
    where e.recorded_by = e.subject and e.recorded_on <= $2 and (e.until is null or e.until > $2)
        and (e.ended_at is null or (e.ended_at at time zone 'Europe/Tallinn')::date > $2)
    order by e.recorded_on, e.id
"""


async def records(work: Work, ring: KeyRing, meeting_id: UUID) -> Mapping[UUID, Discussion]:
    """The last version of each record, by item of the agenda."""
    keys: dict[UUID, DataKey] = {}
    found: dict[UUID, Discussion] = {}
    for row in await work.fetch(_RECORDS, meeting_id):
        if row["key_id"] not in keys:
            keys[row["key_id"]] = ring.unwrap(KeyId(row["key_id"]), row["wrapped"])
        found[row["agenda_item_id"]] = discussions.opened(row, keys[row["key_id"]])
    return found


async def conflicts(work: Work, meeting: Meeting) -> Mapping[UUID, Sequence[DeclaredConflict]]:
    """Who had declared one by the day of the meeting, by case."""
    found: dict[UUID, list[DeclaredConflict]] = {}
    for row in await work.fetch(_CONFLICTS, meeting.id, meeting.meets_on):
        declared = DeclaredConflict(row["agency"], row["recorded_on"])
        found.setdefault(row["case_id"], []).append(declared)
    return found


async def actions(work: Work, ring: KeyRing, meeting_id: UUID) -> Mapping[UUID, Sequence[Told]]:
    """What the meeting asked for, by case, what is due first first."""
    found: dict[UUID, list[Told]] = {}
    for kept in await plan.of_meeting(work, meeting_id):
        found.setdefault(kept.planned.case, []).append(plan.told(kept, ring))
    return found
