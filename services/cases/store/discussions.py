"""Records of discussions, in every version, sealed under the case's key."""

from typing import Any
from uuid import UUID

from services.cases.model.agenda import AgendaItem
from services.cases.model.discussions import Discussion, DiscussionState, Fact, Risks, Said
from services.cases.model.ids import CaseId
from services.cases.store import contents
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.sealed import Aad, DataKey

_ONE = """
    select d.agenda_item_id, d.case_id, d.meeting_id, d.state, d.version as last, d.closed_at,
        v.version, v.sealed, v.written_at, v.written_by
    from discussion d join discussion_version v
        on v.agenda_item_id = d.agenda_item_id and v.version = coalesce($2::integer, d.version)
    where d.agenda_item_id = $1
"""
_BEGIN = """
    insert into discussion (agenda_item_id, case_id, meeting_id, state, version) values ($1, $2, $3, $4, 1)
"""
_NEXT = "update discussion set version = version + 1 where agenda_item_id = $1"
_KEEP = """
    insert into discussion_version (agenda_item_id, case_id, version, sealed, written_at, written_by)
    values ($1, $2, $3, $4, $5, $6)
"""
_MOVE = "update discussion set state = $2, closed_at = $3, closed_by = $4 where agenda_item_id = $1"


async def one(work: Work, key: DataKey, item_id: UUID, version: int | None = None) -> Discussion | None:
    """The record of a case at a meeting: its last version, or one of the earlier ones."""
    rows = await work.fetch(_ONE, item_id, version)
    if not rows:
        return None
    return opened(rows[0], key)


def opened(row: Row, key: DataKey) -> Discussion:
    """The record of a row."""
    return Discussion(
        item=row["agenda_item_id"],
        case=CaseId(row["case_id"]),
        meeting=row["meeting_id"],
        state=DiscussionState(row["state"]),
        said=said_of(key, row["sealed"], row["agenda_item_id"], row["version"]),
        version=row["version"],
        last=row["last"],
        written_at=row["written_at"],
        written_by=row["written_by"],
        closed_at=row["closed_at"],
    )


def said_of(key: DataKey, sealed: bytes, item_id: UUID, version: int) -> Said:
    """What a version of a record says."""
    return _said(contents.opened(key, sealed, _place(item_id, version)))


async def begin(work: Work, key: DataKey, item: AgendaItem, state: str, said: Said) -> None:
    """Writes the first version."""
    await work.fetch(_BEGIN, item.id, item.case, item.meeting, state)
    await _keep(work, key, item, 1, said)


async def follow(work: Work, key: DataKey, item: AgendaItem, last: int, said: Said) -> None:
    """Writes a version beside the earlier ones."""
    await work.fetch(_NEXT, item.id)
    await _keep(work, key, item, last + 1, said)


async def move(work: Work, item_id: UUID, state: DiscussionState) -> None:
    """Writes that a record is closed, or open again."""
    closed = state is DiscussionState.CLOSED
    at, by = (work.now, work.permit.caller.subject) if closed else (None, None)
    await work.fetch(_MOVE, item_id, state.value, at, by)


async def _keep(work: Work, key: DataKey, item: AgendaItem, version: int, said: Said) -> None:
    sealed = contents.sealed(key, _told(said), _place(item.id, version))
    await work.fetch(_KEEP, item.id, item.case, version, sealed, work.now, work.permit.caller.subject)


def _place(item: UUID, version: int) -> Aad:
    return Aad("discussion_version", "sealed", item, version)


def _told(said: Said) -> dict[str, Any]:
    risks = said.risks
    return {
        "wishes": said.wishes,
        "facts": [{"agency": fact.agency, "text": fact.text} for fact in said.facts],
        "risks": {
            "victim": risks.victim,
            "children": risks.children,
            "staff": risks.staff,
            "others": risks.others,
        },
        "decisions": said.decisions,
    }


def _said(told: dict[str, Any]) -> Said:
    facts = [Fact(fact["agency"], fact["text"]) for fact in told["facts"]]
    return Said(told["wishes"], facts, Risks(**told["risks"]), told["decisions"])
