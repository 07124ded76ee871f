"""Questions to agencies about cases, and their answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, column, literal, select, table, tuple_

from services.cases.model.agenda import AgendaItem
from services.cases.model.codes import Role
from services.cases.model.ids import CaseId
from services.cases.model.research import AskedAbout, Known, Opened, Request, ResearchState
from services.cases.store import bars, contents
from services.cases.store.dossiers import AGENCIES
from services.cases.store.listing import listed_case
from services.kit.calendar import parse_date
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.paging import Place
from services.kit.policy import Columns
from services.kit.sealed import Aad, DataKey, KeyRing

_COLUMNS = (
    "id, case_id, agenda_item_id, meeting_id, region, agency, state, asked_at, due_on, answered_at, version"
)
_Q = table("research_request", *(column(name) for name in _COLUMNS.split(", ")))
_C = table("marac_case", column("id"), column("key_id"), column("state"))
_K = table("data_key", column("id"), column("wrapped"))
_ASK = f"""
    insert into research_request ({_COLUMNS}, asked_by, people_sealed)
    values ($1, $2, $3, $4, $5, $6, 'asked', $7, $8, null, 1, $9, $10)
    on conflict (agenda_item_id, agency) do nothing returning id
"""  # noqa: S608 - constants
_OF_ITEM = f"select {_COLUMNS} from research_request where agenda_item_id = $1 order by agency"  # noqa: S608
_ONE = f"""
    select {", ".join(f"q.{name} as q_{name}" for name in _COLUMNS.split(", "))}, q.people_sealed,
        c.id, c.region, c.state, c.opened_on, c.version, c.case_type, c.key_id, k.wrapped, a.text_sealed,
        {AGENCIES.format(case="c.id")}
    from research_request q join marac_case c on c.id = q.case_id
    join data_key k on k.id = c.key_id and k.wrapped is not null join stream s on s.id = c.id
    left join research_answer a on a.request_id = q.id and a.version = q.version
    where q.id = $1
"""  # noqa: S608 - constants
_LOCK = f"{_ONE} for no key update of s"
_ANSWER = "update research_request set state = $2, answered_at = $3, version = $4 where id = $1"
_KEEP = """
    insert into research_answer (request_id, case_id, version, known, text_sealed, answered_at, answered_by)
    values ($1, $2, $3, $4, $5, $6, $7)
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a caller asks a list of questions for; None asks for everything."""

    meeting: UUID | None = None
    agency: str | None = None
    state: ResearchState | None = None
    due_before: date | None = None


async def ask(  # noqa: PLR0913, PLR0917 - what a question is made of
    work: Work,
    request_id: UUID,
    item: AgendaItem,
    agency: str,
    due_on: date,
    people: Sequence[AskedAbout],
    key: DataKey,
) -> bool:
    """Asks an agency about a case; False when it was asked before, which stays."""
    sealed = contents.sealed(key, _told(people), _people_place(request_id))
    by = work.permit.caller.subject
    rows = await work.fetch(
        _ASK,
        request_id,
        item.case,
        item.id,
        item.meeting,
        item.reach.region,
        agency,
        work.now,
        due_on,
        by,
        sealed,
    )
    return bool(rows)


async def of_item(work: Work, item_id: UUID) -> Sequence[Request]:
    """The questions about a case for one meeting, as far as row-level security shows them."""
    return [_request(row) for row in await work.fetch(_OF_ITEM, item_id)]


async def one(work: Work, ring: KeyRing, request_id: UUID, *, lock: bool = False) -> Opened | None:
    """One question with its case; ``lock``: nobody else writes about the case meanwhile."""
    rows = await work.fetch(_LOCK if lock else _ONE, request_id)
    if not rows:
        return None
    row = rows[0]
    key = ring.unwrap(row["key_id"], row["wrapped"])
    request = _request(row, "q_")
    people = contents.opened(key, row["people_sealed"], _people_place(request.id))["people"]
    text = row["text_sealed"]
    told = None if text is None else contents.opened(key, text, text_place(request.id, request.version))
    return Opened(request, listed_case(row), key, _people(people), None if told is None else told["text"])


async def answer(work: Work, opened: Opened, state: ResearchState, known: Known, text: str | None) -> None:
    """Keeps an answer beside those before it."""
    request, by = opened.request, work.permit.caller.subject
    version = request.version + 1
    place = text_place(request.id, version)
    sealed = None if text is None else contents.sealed(opened.key, {"text": text}, place)
    await work.fetch(_ANSWER, request.id, state.value, work.now, version)
    await work.fetch(_KEEP, request.id, request.case, version, known.value, sealed, work.now, by)


async def listed(work: Work, filters: Filters, after: Place | None, most: int) -> list[Request]:
    """The first questions behind a place that the permit covers, what is due last first."""
    kept = and_(_K.c.id == _C.c.key_id, _K.c.wrapped.is_not(None))
    query = select(_Q).select_from(_Q.join(_C, _C.c.id == _Q.c.case_id).join(_K, kept))
    query = query.where(work.permit.sql(_columns(), _C.c.state), *_asked(filters))
    if after is not None:
        query = query.where(tuple_(_Q.c.due_on, _Q.c.id) < tuple_(literal(after.day), literal(after.id)))
    query = query.order_by(_Q.c.due_on.desc(), _Q.c.id.desc()).limit(most)
    return [_request(row) for row in (await work.conn.execute(query)).mappings()]


def _columns() -> Columns:
    def of_agency(values: Sequence[str]) -> ColumnElement[bool]:
        return tuple_(_Q.c.agency, _Q.c.region).in_([tuple(value.split("@")) for value in values])

    return {
        "region": _Q.c.region.in_,
        "agencies": of_agency,
        "excluded": partial(bars.excluded, _Q.c.case_id),
        "sealed_to": partial(bars.sealed_to, _Q.c.case_id),
    }


def _asked(filters: Filters) -> list[Any]:
    bounds: list[Any] = []
    if filters.meeting is not None:
        bounds.append(_Q.c.meeting_id == filters.meeting)
    if filters.agency is not None:
        bounds.append(_Q.c.agency == filters.agency)
    if filters.state is not None:
        bounds.append(_Q.c.state == filters.state.value)
    if filters.due_before is not None:
        bounds.append(and_(_Q.c.state == ResearchState.ASKED.value, _Q.c.due_on < filters.due_before))
    return bounds


def _people_place(request: UUID) -> Aad:
    return Aad("research_request", "people_sealed", request, contents.ONCE)


def text_place(request: UUID, version: int) -> Aad:
    """What an agency told, in one of its answers."""
    return Aad("research_answer", "text_sealed", request, version)


def _told(people: Sequence[AskedAbout]) -> dict[str, Any]:
    return {
        "people": [
            {
                "role": one.role.value,
                "givenName": one.given_name,
                "familyName": one.family_name,
                "birthDate": one.birth_date.isoformat(),
            }
            for one in people
        ]
    }


def _people(told: list[dict[str, str]]) -> Sequence[AskedAbout]:
    return [
        AskedAbout(Role(one["role"]), one["givenName"], one["familyName"], parse_date(one["birthDate"]))
        for one in told
    ]


def _request(row: Row, prefix: str = "") -> Request:
    return Request(
        id=row[f"{prefix}id"],
        case=CaseId(row[f"{prefix}case_id"]),
        meeting=row[f"{prefix}meeting_id"],
        item=row[f"{prefix}agenda_item_id"],
        region=row[f"{prefix}region"],
        agency=row[f"{prefix}agency"],
        state=ResearchState(row[f"{prefix}state"]),
        asked_at=row[f"{prefix}asked_at"],
        due_on=row[f"{prefix}due_on"],
        answered_at=row[f"{prefix}answered_at"],
        version=row[f"{prefix}version"],
    )
