"""All that a network knew of a case, as one document for the network that takes it."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

from services.cases.model.dossiers import ListedCase
from services.cases.model.plan import PlanFilters
from services.cases.model.records import Only
from services.cases.model.transfers import PACKAGE_FORMAT, Transfer
from services.cases.rules.duties import seats
from services.cases.store import (
    casework,
    consent,
    contents,
    dossiers,
    incidents,
    plan,
    reassessments,
    records,
    safety,
)
from services.cases.store.discussions import said_of
from services.cases.store.opening import Opener
from services.cases.store.research import text_place
from services.kit.calendar import format_instant, local_date
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.sealed import DataKey, KeyRing

#: More of one kind than this hangs on no case that people have worked on.
_MOST: Final = 1000
#: What decides who sees a thing is not part of it.
_NOT_TOLD: Final = frozenset({"reach", "bars"})
_DISCUSSIONS: Final = """
    select d.agenda_item_id, i.meets_on, d.state, v.version, v.sealed, v.written_at, v.written_by
    from discussion d join agenda_item i on i.id = d.agenda_item_id
    join discussion_version v on v.agenda_item_id = d.agenda_item_id and v.version = d.version
    where d.case_id = $1 order by i.meets_on, d.agenda_item_id limit $2
"""
_RESEARCH: Final = """
    select q.id, q.agency, q.state, q.asked_at, q.answered_at, q.version, a.text_sealed
    from research_request q left join research_answer a on a.request_id = q.id and a.version = q.version
    where q.case_id = $1 order by q.asked_at, q.id limit $2
"""


async def whole(  # noqa: PLR0913, PLR0917 - what a package is made of
    work: Work, ring: KeyRing, key: DataKey, case: ListedCase, transfer: Transfer, categories: Sequence[str]
) -> dict[str, Any]:
    """What is known of a case, in plain words of JSON; by a fixed number of statements."""
    opener, most = Opener(ring), _MOST
    wanted = records.Wanted(categories, Only(None, None), None, most)
    acts = await plan.listed(work, seats(work.permit.caller), PlanFilters(case=case.id), None, most)
    referrals = await dossiers.referrals_of(work, case.id)
    [referral] = [await dossiers.referral(work, each.id) for each in referrals[:1]]
    found: dict[str, object] = {
        "case": case,
        "referral": None if referral is None else opener.dossier(referral),
        "entries": await records.of_case(work, case.id, key, wanted),
        "assessments": await reassessments.of_case(work, key, case.id),
        "consent": await consent.listed(work, case.id, key, None, None, None, most),
        "actions": [plan.told(each, ring) for each in acts],
        "safetyPlans": await safety.of_case(work, case.id, key),
        "incidents": await incidents.of_case(work, key, case.id, None, most),
        "discussions": await _discussions(work, key, case),
        "research": await _research(work, key, case),
        "history": await casework.steps(work, case.id, None, most),
    }
    return {"format": PACKAGE_FORMAT, "transfer": _of_transfer(work, transfer), **_object(found)}


def plain(value: object) -> Any:  # noqa: ANN401, PLR0911 - JSON; a line for each kind of value
    """A value of the model as JSON: days and instants as text, names in camelCase."""
    match value:
        case None | bool() | int() | str() if not isinstance(value, Enum):
            return value
        case Enum():
            return value.value
        case UUID():
            return str(value)
        case datetime():
            return format_instant(value)
        case date():
            return value.isoformat()
        case Mapping():
            return _object(value)
        case _ if is_dataclass(value):
            return _object({each.name: getattr(value, each.name) for each in fields(value)})
        case frozenset() | set():
            return sorted(plain(each) for each in value)
        case list() | tuple():
            return [plain(each) for each in value]
    raise TypeError(f"a package holds no {type(value).__name__}")


def _object(values: Mapping[Any, object]) -> dict[str, Any]:
    return {_name(plain(name)): plain(value) for name, value in values.items() if name not in _NOT_TOLD}


def _name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def _of_transfer(work: Work, transfer: Transfer) -> dict[str, Any]:
    move = transfer.move
    return {
        "id": str(transfer.id),
        "fromRegion": transfer.region,
        "toRegion": move.to,
        "kind": move.kind,
        "reason": move.reason,
        "movesOn": plain(move.moves_on),
        "note": move.note,
        "address": move.address,
        "proposedOn": plain(transfer.proposed_on),
        "acceptedOn": plain(local_date(work.now)),
    }


async def _discussions(work: Work, key: DataKey, case: ListedCase) -> list[dict[str, object]]:
    told = ("meets_on", "state", "version", "written_at", "written_by")
    return [
        {"said": said_of(key, row["sealed"], row["agenda_item_id"], row["version"])}
        | {name: row[name] for name in told}
        for row in await work.fetch(_DISCUSSIONS, case.id, _MOST)
    ]


async def _research(work: Work, key: DataKey, case: ListedCase) -> list[dict[str, object]]:
    told = ("agency", "state", "asked_at", "answered_at")
    return [
        {"text": _answer(key, row)} | {name: row[name] for name in told}
        for row in await work.fetch(_RESEARCH, case.id, _MOST)
    ]


def _answer(key: DataKey, row: Row) -> str | None:
    if row["text_sealed"] is None:
        return None
    told = contents.opened(key, row["text_sealed"], text_place(row["id"], row["version"]))
    return str(told["text"])
