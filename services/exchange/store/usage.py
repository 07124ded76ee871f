"""Rows of the Data Tracker: written once for each disclosure; only what is released is ever read."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.exchange.model.feed import UsageDecided
from services.exchange.model.usage import Disclosure, Usage, UsagePage, UsageQuestion, UsageState
from services.kit.db import Work

_KEEP: Final = text("""
    insert into data_usage (
        id, subject, occurred_at, action, receiver_code, receiver_system, receiver_name, case_handle, state,
        recorded_at
    )
    select told.id, told.subject, told.occurred_at, told.action, told.receiver_code, told.receiver_system,
        told.receiver_name, told.case_handle,
        case when told.state = 'withheld' then coalesce(d.state, told.state) else told.state end, :now
    from unnest(
        cast(:id as uuid[]), cast(:subject as bytea[]), cast(:occurred_at as timestamptz[]),
        cast(:action as text[]), cast(:receiver_code as text[]), cast(:receiver_system as text[]),
        cast(:receiver_name as text[]), cast(:case_handle as text[]), cast(:state as text[])
    ) as told (
        id, subject, occurred_at, action, receiver_code, receiver_system, receiver_name, case_handle, state
    )
    left join lateral (
        select state from usage_decision d
        where d.subject = told.subject and d.case_handle = told.case_handle
          and d.decided_at >= told.occurred_at
        order by d.decided_at desc limit 1
    ) d on true
    on conflict do nothing
""")
_COLUMNS: Final = (
    *("id", "subject", "occurred_at", "action", "receiver_code", "receiver_system", "receiver_name"),
    "case_handle",
)
# What is not released is not in the index that answers: it costs no time, whether it is there or not.
_SHOWN: Final = """
    from data_usage where subject = :subject and state = 'released'
    and receiver_code <> all (cast(:hidden as text[]))
    and occurred_at >= coalesce(cast(:start as timestamptz), '-infinity')
    and occurred_at <= coalesce(cast(:end as timestamptz), 'infinity')
"""
_COUNT: Final = text(f"select count(*) {_SHOWN}")
_PAGE: Final = text(f"""
    select occurred_at, action, receiver_code, receiver_system, receiver_name {_SHOWN}
    order by occurred_at desc, id desc offset :offset limit :limit
""")


_NOTE: Final = """
    insert into usage_decision (id, subject, case_handle, state, decided_at) values ($1, $2, $3, $4, $5)
    on conflict do nothing
"""
#: The last decision holds, in whatever order they are told; what was decided about never stays so.
_DECIDE: Final = """
    with last as (
        select state, decided_at from usage_decision where subject = $1 and case_handle = $2
        order by decided_at desc limit 1
    )
    update data_usage u set state = last.state from last
    where u.subject = $1 and u.case_handle = $2 and u.state <> 'never' and u.state <> last.state
      and u.occurred_at <= last.decided_at
    returning u.id
"""


async def decide(work: Work, decided: UsageDecided) -> Sequence[UUID]:
    """Keeps a decision, and applies it to what is here; the rows that changed."""
    state = UsageState.RELEASED if decided.is_released else UsageState.WITHHELD
    told = (decided.id, decided.subject, decided.case_handle, state.value, decided.decided_at)
    await work.fetch(_NOTE, *told)
    return [row["id"] for row in await work.fetch(_DECIDE, decided.subject, decided.case_handle)]


async def keep(work: Work, disclosures: Sequence[tuple[Disclosure, UsageState]]) -> None:
    """Writes rows, by what was decided about them; one that is there already stays as it is."""
    columns = {name: [getattr(one, name) for one, _ in disclosures] for name in _COLUMNS}
    states = [state.value for _, state in disclosures]
    await work.conn.execute(_KEEP, {**columns, "state": states, "now": work.now})


async def find(work: Work, subject: bytes, question: UsageQuestion, hidden: Sequence[str]) -> UsagePage:
    """The released rows of a subject; two statements, whatever there is."""
    values = {"subject": subject, "hidden": list(hidden), "start": question.start, "end": question.end}
    total = (await work.conn.execute(_COUNT, values)).scalar_one()
    page = {**values, "offset": question.offset, "limit": question.limit}
    rows = await work.conn.execute(_PAGE, page)
    usages = [
        Usage(row.occurred_at, row.action, row.receiver_code, row.receiver_system, row.receiver_name)
        for row in rows
    ]
    return UsagePage(total, usages)
