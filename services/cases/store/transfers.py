"""Transfers: in clear who, where and when; under the key of the case what is known of the move."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.cases.model.ids import CaseId
from services.cases.model.problems import TransferPending
from services.cases.model.transfers import Decided, Move, Outline, Transfer, TransferState
from services.cases.store import bars, contents
from services.kit.calendar import parse_date
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.paging import Place
from services.kit.sealed import Aad, DataKey, KeyRing

ONE_PROPOSED: Final = "transfer_one"
_READ: Final = f"""
    select t.*, k.wrapped, {bars.COLUMNS.format(case="t.case_id")}
    from transfer t join data_key k on k.id = t.key_id and k.wrapped is not null
"""  # noqa: S608 - constants
_ONE: Final = f"{_READ} where t.id = $1"
_PAGE: Final = "and ($2::date is null or (t.proposed_on, t.id) < ($2, $3::uuid))"
_ORDER: Final = "order by t.proposed_on desc, t.id desc limit $4"
_OF_CASE: Final = f"{_READ} where t.case_id = $1 {_PAGE} {_ORDER}"
_OF_REGIONS: Final = f"""
    {_READ} where (
        ($5::text is distinct from 'in' and t.from_region = any ($1::text[]))
        or ($5::text is distinct from 'out' and t.to_region = any ($1::text[]))
    ) and ($6::text is null or t.state = $6) {_PAGE} {_ORDER}
"""
_PROPOSE: Final = """
    insert into transfer (id, case_id, from_region, to_region, kind, reason, moves_on, proposed_on,
        proposed_at, proposed_by, key_id, sealed)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_DECIDE: Final = """
    update transfer set state = $2, decided_on = $3, decided_at = $4, decided_by = $5, decision_reason = $6,
        package_sealed = $7, version = version + 1
    where id = $1
"""
_SEALED: Final = "select sealed from stream where id = $1"


@dataclass(frozen=True, slots=True)
class Package:
    """What the old network knew, as it was signed: the exact text, and the detached signature."""

    text: str = field(repr=False)
    signature: str


@dataclass(frozen=True, slots=True)
class Filters:
    """Which transfers are asked for: in, out or both; None: in any state."""

    direction: str | None = None
    state: TransferState | None = None


async def propose(work: Work, key: DataKey, transfer: Transfer) -> None:
    """Writes a new one; raises TransferPending while another waits for its answer."""
    move = transfer.move
    values = (
        *(transfer.id, transfer.case, transfer.region, move.to, move.kind, move.reason, move.moves_on),
        *(transfer.proposed_on, transfer.proposed_at, transfer.proposed_by, key.id),
        contents.sealed(key, _told(transfer), _place(transfer.id)),
    )
    try:
        await work.fetch(_PROPOSE, *values)
    except asyncpg.UniqueViolationError as error:
        raise (TransferPending() if error.constraint_name == ONE_PROPOSED else error) from error


async def decide(  # noqa: PLR0913, PLR0917 - what a decision is made of
    work: Work,
    key: DataKey,
    transfer: Transfer,
    state: TransferState,
    decided: Decided,
    package: Package | None,
) -> None:
    """What became of it; of one that was accepted the package is kept."""
    sealed = None
    if package is not None:
        told = {"text": package.text, "signature": package.signature}
        sealed = contents.sealed(key, told, _package_place(transfer.id))
    await work.fetch(
        _DECIDE, transfer.id, state.value, decided.on, decided.at, decided.by, decided.reason, sealed
    )


async def one(work: Work, ring: KeyRing, transfer: UUID) -> Transfer | None:
    """One transfer; row-level security has its say, and what is erased is not found."""
    rows = await work.fetch(_ONE, transfer)
    return _transfer(rows[0], ring) if rows else None


async def package(work: Work, ring: KeyRing, transfer: UUID) -> Package | None:
    """What was taken with the case; None where nothing was."""
    rows = await work.fetch(_ONE, transfer)
    if not rows or rows[0]["package_sealed"] is None:
        return None
    key = ring.unwrap(rows[0]["key_id"], rows[0]["wrapped"])
    told = contents.opened(key, rows[0]["package_sealed"], _package_place(transfer))
    return Package(told["text"], told["signature"])


async def of_case(
    work: Work, ring: KeyRing, case: CaseId, after: Place | None, most: int
) -> Sequence[Transfer]:
    """The transfers of a case from a place on, the newest first."""
    rows = await work.fetch(_OF_CASE, case, *_after(after), most)
    return [_transfer(row, ring) for row in rows]


async def of_regions(  # noqa: PLR0913, PLR0917 - what a list can be asked
    work: Work, ring: KeyRing, regions: Sequence[str], filters: Filters, after: Place | None, most: int
) -> Sequence[Transfer]:
    """The transfers from and to some regions, the newest first."""
    state = None if filters.state is None else filters.state.value
    rows = await work.fetch(_OF_REGIONS, list(regions), *_after(after), most, filters.direction, state)
    return [_transfer(row, ring) for row in rows]


async def is_sealed(work: Work, case: CaseId) -> bool:
    """Whether the case is there for named persons alone."""
    return bool((await work.fetch(_SEALED, case))[0]["sealed"])


def _after(place: Place | None) -> tuple[object, object]:
    return (None, None) if place is None else (place.day, place.id)


def _place(row: UUID) -> Aad:
    return Aad("transfer", "sealed", row, contents.ONCE)


def _package_place(row: UUID) -> Aad:
    return Aad("transfer", "package_sealed", row, contents.ONCE)


def _told(transfer: Transfer) -> dict[str, Any]:
    outline = transfer.outline
    return {
        "note": transfer.move.note,
        "address": transfer.move.address,
        "outline": {
            "openedOn": outline.opened_on.isoformat(),
            "caseState": outline.case_state,
            "band": outline.band,
            "grounds": list(outline.grounds),
            "children": outline.children,
            "openActions": outline.open_actions,
            "discussions": outline.discussions,
            "agencies": list(outline.agencies),
        },
    }


def _transfer(row: Row, ring: KeyRing) -> Transfer:
    key = ring.unwrap(row["key_id"], row["wrapped"])
    told = contents.opened(key, row["sealed"], _place(row["id"]))
    decided = None
    if row["decided_at"] is not None:
        decided = Decided(row["decided_on"], row["decided_at"], row["decided_by"], row["decision_reason"])
    return Transfer(
        id=row["id"],
        case=CaseId(row["case_id"]),
        region=row["from_region"],
        move=Move(
            row["to_region"], row["kind"], row["reason"], row["moves_on"], told["note"], told["address"]
        ),
        state=TransferState(row["state"]),
        proposed_on=row["proposed_on"],
        proposed_at=row["proposed_at"],
        proposed_by=row["proposed_by"],
        outline=_outline(told["outline"]),
        decided=decided,
        version=row["version"],
        bars=bars.of(row),
    )


def _outline(told: dict[str, Any]) -> Outline:
    return Outline(
        opened_on=parse_date(told["openedOn"]),
        case_state=told["caseState"],
        band=told["band"],
        grounds=told["grounds"],
        children=told["children"],
        open_actions=told["openActions"],
        discussions=told["discussions"],
        agencies=told["agencies"],
    )
