"""Partners to whom nothing is sent for a while: who said so, when and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.kit.db import Work


@dataclass(frozen=True, slots=True)
class Pause:
    """One pause; open as long as nobody has resumed."""

    id: UUID
    partner: str
    reason: str
    paused_at: datetime
    paused_by: str
    resumed_at: datetime | None
    resumed_by: str | None


_COLUMNS: Final = "id, partner, reason, paused_at, paused_by, resumed_at, resumed_by"
_OPEN: Final = text("""
    insert into partner_pause (id, partner, reason, paused_at, paused_by)
    values (:id, :partner, :reason, :now, :who)
    on conflict (partner) where resumed_at is null do nothing
""")
_CLOSE: Final = text("""
    update partner_pause set resumed_at = :now, resumed_by = :who where id = :id and resumed_at is null
""")
_ONE: Final = text(f"select {_COLUMNS} from partner_pause where id = :id")  # noqa: S608 - constants
_LATEST: Final = text(f"""
    select {_COLUMNS} from partner_pause where not :only_open or resumed_at is null
    order by paused_at desc, id desc limit :limit
""")  # noqa: S608 - constants


async def begin(work: Work, pause_id: UUID, partner: str, reason: str) -> bool:
    """Nothing is sent to the partner from now on; False when that was so before."""
    told = {"id": pause_id, "partner": partner, "reason": reason}
    return await _changed(work, _OPEN, told)


async def end(work: Work, pause_id: UUID) -> bool:
    """The partner is sent messages again; False when the pause does not hold."""
    return await _changed(work, _CLOSE, {"id": pause_id})


async def find(work: Work, pause_id: UUID) -> Pause | None:
    """One pause."""
    row = (await work.conn.execute(_ONE, {"id": pause_id})).mappings().first()
    return None if row is None else Pause(**row)


async def latest(work: Work, *, only_open: bool, limit: int) -> Sequence[Pause]:
    """The latest first."""
    rows = await work.conn.execute(_LATEST, {"only_open": only_open, "limit": limit})
    return [Pause(**row) for row in rows.mappings()]


async def _changed(work: Work, statement: object, values: dict[str, object]) -> bool:
    who = {"now": work.now, "who": work.permit.caller.subject}
    return (await work.conn.execute(statement, values | who)).rowcount == 1  # type: ignore[call-overload,no-any-return]
