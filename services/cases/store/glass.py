"""Broken glass, and the alarm that is written with it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.cases.model.glass import Glass
from services.cases.store import contents
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.sealed import Aad, DataKey

_BREAK: Final = """
    insert into broken_glass (id, case_id, subject, key_id, reason_sealed, opened_at, until)
    values ($1, $2, $3, $4, $5, $6, $7)
"""
#: Where there is such a case; the agencies of the case come first, in the published order.
ALARM: Final = """
    insert into access_report
        (id, case_id, region, rule, actor, second_agency, barred, glass_id, happened_at, reported_at,
         reported_on, source, state)
    select $1, c.id, c.region, $2, $3,
        coalesce(
            (select a.agency from case_agency a where a.case_id = c.id and a.agency <> all ($4::text[])
             order by array_position($5::text[], a.agency), a.agency limit 1),
            $6
        ),
        c.id in (select excluded_from(array[$3])) or exists
            (select from stream s where s.id = c.id and s.sealed)
            and c.id not in (select named_in(array[$3])),
        $7, $8, $9, $10, $11, 'new'
    from marac_case c where c.id = $12
    on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class Told:
    """Which agency is told beside the owner: one of the case's that is not the actor's own, in this order."""

    own: Collection[str]
    order: Collection[str]
    fallback: str


def reason_place(row: UUID) -> Aad:
    """Why the glass was broken."""
    return Aad("broken_glass", "reason_sealed", row, contents.ONCE)


async def break_it(work: Work, glass: Glass, reason: str, key: DataKey) -> None:
    """Opens a case for the caller, whether there is such a case or not."""
    sealed = contents.sealed(key, {"reason": reason}, reason_place(glass.id))
    who = work.permit.caller.subject
    await work.fetch(_BREAK, glass.id, glass.case, who, key.id, sealed, glass.opened_at, glass.until)


async def alarm(work: Work, glass: Glass, told: Told) -> None:
    """Tells the owner and a second agency; of a case that there is not, nobody."""
    await work.fetch(
        ALARM,
        new_id(),
        "break-glass",
        work.permit.caller.subject,
        list(told.own),
        list(told.order),
        told.fallback,
        glass.id,
        glass.opened_at,
        work.now,
        local_date(work.now),
        f"glass/{glass.id}",
        glass.case,
    )
