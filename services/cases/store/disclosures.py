"""The log of disclosures: written with what discloses, read by position."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import text

from services.cases.model.disclosures import Disclosure, Receiver, Told
from services.kit.db import Work

_RECORD = text("""
    insert into disclosure (
        id, subject, receiver_code, receiver_system, receiver_name, action, case_handle, occurred_at, source
    )
    select * from unnest(
        cast(:id as uuid[]), cast(:subject as bytea[]), cast(:code as text[]), cast(:system as text[]),
        cast(:receiver_name as text[]), cast(:action as text[]), cast(:case_handle as text[]),
        cast(:occurred_at as timestamptz[]), cast(:source as text[])
    )
    on conflict do nothing
""")
_AFTER = text("""
    select p.position, d.id, d.subject, d.receiver_code, d.receiver_system, d.receiver_name, d.action,
        d.case_handle, d.occurred_at, d.source
    from disclosure_position p join disclosure d on d.id = p.disclosure_id
    where p.position > :position order by p.position limit :most
""")
_COLUMNS = ("id", "subject", "receiver_name", "action", "case_handle", "occurred_at", "source")


async def record(work: Work, disclosures: Sequence[Disclosure]) -> None:
    """Writes disclosures, each source once; one statement, however many there are, also for none."""
    rows = [asdict(each) | asdict(each.receiver) for each in disclosures]
    columns = {name: [row[name] for row in rows] for name in (*_COLUMNS, "code", "system")}
    await work.conn.execute(_RECORD, columns)


async def after(work: Work, position: int, most: int) -> Sequence[Told]:
    """The disclosures that follow a position, in the order of the feed."""
    rows = await work.conn.execute(_AFTER, {"position": position, "most": most})
    return [
        Told(
            row.position,
            Disclosure(
                receiver=Receiver(row.receiver_code, row.receiver_system),
                subject=bytes(row.subject),
                **{name: getattr(row, name) for name in _COLUMNS if name != "subject"},
            ),
        )
        for row in rows
    ]
