"""Offers of services: codes and days in clear, words under the key of the case."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.cases.model.codes import Role
from services.cases.model.ids import CaseId, PersonId
from services.cases.model.offers import NewOffer, Offer, OfferState, OfferWords, WordedOffer
from services.cases.store import contents
from services.cases.store.people import same_person
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.paging import Place
from services.kit.sealed import Aad, DataKey

_COLUMNS: Final = (
    "id, case_id, person_id, service, agency, entry_id, state, offered_on, answered_on, begun_on, ended_on, "
    "reason, version, recorded_by, recorded_at, sealed"
)
_ONE: Final = f"select {_COLUMNS} from service_offer where id = $1"  # noqa: S608 - constants
_CASE_OF: Final = "select case_id from service_offer where id = $1"
_OF_CASE: Final = f"""
    select {_COLUMNS} from service_offer where case_id = $1
    and ($2::uuid is null or person_id = $2) and ($3::text is null or state = $3)
    and ($4::date is null or (offered_on, id) < ($4, $5::uuid))
    order by offered_on desc, id desc limit $6
"""  # noqa: S608 - constants
_OPEN: Final = f"""
    select {_COLUMNS} from service_offer
    where case_id = $1 and {same_person("person_id", "$2")} and state in ('offered', 'accepted')
    order by offered_on, id
"""  # noqa: S608 - constants
_MAKE: Final = """
    insert into service_offer (id, case_id, person_id, service, agency, entry_id, offered_on, sealed,
        recorded_by, recorded_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_MOVE: Final = """
    update service_offer set state = $2, answered_on = $3, begun_on = $4, ended_on = $5, reason = $6,
        version = $7
    where id = $1
"""
_NEEDED: Final = """
    select from person_entry e where e.id = $1 and e.case_id = $2 and e.person_id = $3
    and e.category = 'need' and e.retracted is null
    and not exists (select from person_entry n where n.id = e.id and n.version > e.version)
"""
_ROLES: Final = """
    select role from participation where case_id = $1 and person_id = $2 and replaced_in is null
    union select role from case_person where case_id = $1 and person_id = $2 and state = 'taking-part'
"""


async def roles(work: Work, case: CaseId, person: PersonId) -> frozenset[Role]:
    """What somebody is in a case; nothing for who has no part in it."""
    return frozenset(Role(row["role"]) for row in await work.fetch(_ROLES, case, person))


async def is_needed(work: Work, case: CaseId, person: PersonId, entry: UUID) -> bool:
    """Whether an entry is the record of a need of somebody in the case."""
    return bool(await work.fetch(_NEEDED, entry, case, person))


async def make(work: Work, case: CaseId, key: DataKey, new: NewOffer) -> UUID:
    """Writes an offer down; its id."""
    row = new_id()
    told = {"need": new.words.need, "unit": new.words.unit}
    sealed = contents.sealed(key, told, place(row))
    who = work.permit.caller.subject
    facts = (row, case, new.person, new.service, new.agency, new.entry, new.offered_on)
    await work.fetch(_MAKE, *facts, sealed, who, work.now)
    return row


async def case_of(work: Work, offer: UUID) -> CaseId | None:
    """Whose offer it is; None for one that the caller may not see."""
    rows = await work.fetch(_CASE_OF, offer)
    return CaseId(rows[0]["case_id"]) if rows else None


async def one(work: Work, offer: UUID, key: DataKey) -> WordedOffer | None:
    """An offer with its words."""
    rows = await work.fetch(_ONE, offer)
    return _worded(rows[0], key) if rows else None


async def of_case(  # noqa: PLR0913, PLR0917 - what a list is asked for
    work: Work,
    case: CaseId,
    key: DataKey,
    filters: tuple[UUID | None, OfferState | None],
    before: Place | None,
    most: int,
) -> Sequence[WordedOffer]:
    """The offers of a case, the newest first."""
    person, state = filters
    day, last = (None, None) if before is None else (before.day, before.id)
    rows = await work.fetch(_OF_CASE, case, person, state, day, last, most)
    return [_worded(row, key) for row in rows]


async def open_of(work: Work, case: CaseId, person: PersonId) -> Sequence[Offer]:
    """What somebody was offered and is not given yet."""
    return [_offer(row) for row in await work.fetch(_OPEN, case, person)]


async def move(work: Work, offer: Offer) -> None:
    """Writes an offer of a held case as it is now."""
    days = (offer.answered_on, offer.begun_on, offer.ended_on)
    await work.fetch(_MOVE, offer.id, offer.state.value, *days, offer.reason, offer.version)


def place(row: UUID) -> Aad:
    """The words of an offer."""
    return Aad("service_offer", "sealed", row, contents.ONCE)


def _worded(row: Row, key: DataKey) -> WordedOffer:
    return WordedOffer(_offer(row), OfferWords(**contents.opened(key, row["sealed"], place(row["id"]))))


def _offer(row: Row) -> Offer:
    return Offer(
        id=row["id"],
        case=CaseId(row["case_id"]),
        person=PersonId(row["person_id"]),
        service=row["service"],
        agency=row["agency"],
        entry=row["entry_id"],
        state=OfferState(row["state"]),
        offered_on=row["offered_on"],
        answered_on=row["answered_on"],
        begun_on=row["begun_on"],
        ended_on=row["ended_on"],
        reason=row["reason"],
        version=row["version"],
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
    )
