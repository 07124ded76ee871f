"""Measures that keep the threatening person away: days and states in clear, the rest under the case key."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from services.cases.model.ids import CaseId, PersonId, ReferralId
from services.cases.model.removals import (
    NewRemoval,
    OfferedWork,
    Removal,
    RemovalState,
    RemovalWords,
    VictimContact,
    WholeRemoval,
)
from services.cases.store import contents
from services.cases.store.people import same_person
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.sealed import Aad, DataKey

_MAKE: Final = """
    insert into removal (id, case_id, person_id, ordered_at, ends_at, referral_id, sealed, recorded_by,
        recorded_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_OF_CASE: Final = """
    select id, case_id, person_id, ordered_at, ends_at, referral_id, state, ended_on, reason, extended,
        version, recorded_by, recorded_at, sealed
    from removal where case_id = $1 order by ordered_at desc, id desc limit 200
"""
_CASE_OF: Final = "select case_id from removal where id = $1"
_MOVE: Final = """
    update removal set ends_at = $2, state = $3, ended_on = $4, reason = $5, extended = $6, version = $7
    where id = $1
"""
_CALL: Final = """
    insert into removal_contact (id, case_id, removal_id, contacted_at, outcome, recorded_by, recorded_at)
    values ($1, $2, $3, $4, $5, $6, $7)
"""
_CALLS: Final = """
    select id, removal_id, contacted_at, outcome, recorded_by, recorded_at from removal_contact
    where case_id = $1 order by contacted_at, recorded_at, id
"""
_WORK: Final = f"""
    select r.id as removal_id, o.id, o.service, o.state from removal r
    join service_offer o on o.case_id = r.case_id and {same_person("o.person_id", "r.person_id")}
        and o.offered_on >= (r.ordered_at at time zone 'Europe/Tallinn')::date
    where r.case_id = $1 order by o.offered_on, o.id
"""  # noqa: S608 - constants
_REFERRED: Final = "select from referral where id = $1 and case_id = $2"


async def is_of_case(work: Work, case: CaseId, referral: ReferralId) -> bool:
    """Whether a referral belongs to a case."""
    return bool(await work.fetch(_REFERRED, referral, case))


async def make(work: Work, case: CaseId, key: DataKey, new: NewRemoval) -> UUID:
    """Writes a measure down; its id."""
    row = new_id()
    told = {"measure": new.measure, "reference": new.words.reference, "note": new.words.note}
    sealed = contents.sealed(key, told, place(row))
    facts = (row, case, new.person, new.ordered_at, new.ends_at, new.referral)
    await work.fetch(_MAKE, *facts, sealed, work.permit.caller.subject, work.now)
    return row


async def case_of(work: Work, removal: UUID) -> CaseId | None:
    """Of which case a measure is; None for one that the caller may not see."""
    rows = await work.fetch(_CASE_OF, removal)
    return CaseId(rows[0]["case_id"]) if rows else None


async def of_case(work: Work, case: CaseId, key: DataKey) -> Sequence[WholeRemoval]:
    """The measures of a case, the newest first, with all that followed from them."""
    rows = await work.fetch(_OF_CASE, case)
    calls: dict[UUID, list[VictimContact]] = {}
    for row in await work.fetch(_CALLS, case):
        calls.setdefault(row["removal_id"], []).append(_call(row))
    offers: dict[UUID, list[OfferedWork]] = {}
    for row in await work.fetch(_WORK, case):
        offers.setdefault(row["removal_id"], []).append(_work(row))
    return [_whole(row, key, calls, offers) for row in rows]


async def move(work: Work, removal: Removal) -> None:
    """Writes a measure of a held case as it is now."""
    state = removal.state.value
    ended = (removal.ended_on, removal.reason, removal.extended, removal.version)
    await work.fetch(_MOVE, removal.id, removal.ends_at, state, *ended)


async def call(work: Work, removal: Removal, contact: VictimContact) -> None:
    """Keeps that the victim was called."""
    told = (contact.contacted_at, contact.outcome, contact.recorded_by, contact.recorded_at)
    await work.fetch(_CALL, contact.id, removal.case, removal.id, *told)


def place(row: UUID) -> Aad:
    """Which measure it is, and its words."""
    return Aad("removal", "sealed", row, contents.ONCE)


def _whole(
    row: Row,
    key: DataKey,
    calls: Mapping[UUID, Sequence[VictimContact]],
    offers: Mapping[UUID, Sequence[OfferedWork]],
) -> WholeRemoval:
    told = contents.opened(key, row["sealed"], place(row["id"]))
    removal = Removal(
        id=row["id"],
        case=CaseId(row["case_id"]),
        person=PersonId(row["person_id"]),
        measure=told["measure"],
        ordered_at=row["ordered_at"],
        ends_at=row["ends_at"],
        referral=None if row["referral_id"] is None else ReferralId(row["referral_id"]),
        state=RemovalState(row["state"]),
        ended_on=row["ended_on"],
        reason=row["reason"],
        extended=row["extended"],
        version=row["version"],
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
    )
    words = RemovalWords(told["reference"], told["note"])
    return WholeRemoval(removal, words, calls.get(removal.id, ()), offers.get(removal.id, ()))


def _call(row: Row) -> VictimContact:
    names = ("id", "contacted_at", "outcome", "recorded_by", "recorded_at")
    return VictimContact(*(row[name] for name in names))


def _work(row: Row) -> OfferedWork:
    return OfferedWork(row["id"], row["service"], row["state"])
