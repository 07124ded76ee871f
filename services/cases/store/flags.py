"""Victims found by their code, and alarms about those of whom nothing is said."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text

from services.cases.model.flags import Alarm, Victimhood
from services.cases.model.ids import CaseId
from services.cases.store import bars
from services.kit.db import Work
from services.kit.paging import Place

_VICTIM: Final = text("""
    with asked as materialized (
        select person_id from person_index where kind = 'personal-code' and value = :code
    ), her as materialized (
        select id from ids_of(array(select person_id from asked))
    )
    select c.id, c.region, c.state, r.referred_on,
        s.sealed or exists (select from person w where w.sealed and w.id in (select id from her)) as silent
    from participation p
    join referral r on r.id = p.referral_id and r.state = 'accepted'
    join marac_case c on c.id = r.case_id join stream s on s.id = c.id
    join data_key k on k.id = c.key_id and k.wrapped is not null
    where p.person_id = any (array(select id from her)) and p.role = 'victim' and p.replaced_in is null
""")
_ALARM: Final = text("""
    insert into flag_alarm (id, case_id, region, client, asked_at, asked_on)
    select * from unnest(
        cast(:id as uuid[]), cast(:case as uuid[]), cast(:region as text[]), cast(:client as text[]),
        cast(:asked_at as timestamptz[]), cast(:asked_on as date[])
    )
""")
_LIST: Final = f"""
    select * from (
        select a.id, a.case_id, a.region, a.client, a.asked_at, a.asked_on,
            {bars.COLUMNS.format(case="a.case_id")}
        from flag_alarm a where a.region = any ($1) and (a.asked_on, a.id) < ($2, $3)
    ) told
    where excluded = '{{}}' and sealed_to = '{{}}' order by asked_on desc, id desc limit $4
"""  # noqa: S608 - constants
_COLUMNS: Final = ("id", "case", "region", "client", "asked_at", "asked_on")


async def victimhoods(work: Work, code: bytes) -> Sequence[Victimhood]:
    """The accepted referrals in which somebody is the victim, by the blind index of the code."""
    rows = await work.conn.execute(_VICTIM, {"code": code})
    return [Victimhood(CaseId(row.id), row.region, row.referred_on, row.state, row.silent) for row in rows]


async def alarm(work: Work, alarms: Sequence[Alarm]) -> None:
    """Writes alarms; one statement, however many there are, also for none."""
    await work.conn.execute(_ALARM, {name: [getattr(one, name) for one in alarms] for name in _COLUMNS})


async def alarms(work: Work, regions: Sequence[str], before: Place, most: int) -> Sequence[Alarm]:
    """The alarms of some regions, from a place on, the newest first; none of a case closed to the asker."""
    rows = await work.fetch(_LIST, list(regions), before.day, before.id, most)
    return [
        Alarm(
            row["id"], CaseId(row["case_id"]), row["region"], row["client"], row["asked_at"], row["asked_on"]
        )
        for row in rows
    ]
