"""What a system and its partners have, read behind its back: databases as superuser, deliveries by row."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import httpx

from services.exchange.store.sealing import Sealer
from services.kit.calendar import parse_instant
from services.kit.clock import SystemClock
from services.kit.sealed import KeyRing
from system.securityserver.partners import NAMES
from tests.system.ledger import Delivery, Fact, Found, InboxRow, Kept
from tests.system.running import Running

_INBOX = """
    select id, client, message_id, coalesce(same_as, reference) as reference, digest, key_id, key_wrapped,
        message_sealed
    from inbox where state <> 'refused' order by received_at
"""
_REFERRALS = """
    select r.sender, r.sender_reference, r.sender_version, r.reference,
        upper(replace(r.state, '-', '_')) as status, r.case_id,
        (select count(*) from participation p where p.referral_id = r.id and p.replaced_in is null) as people
    from referral r where r.sender is not null order by r.received_at
"""
_FACTS = """
    select c.stream, (select count(*) from fact_person p where p.stream = c.stream) as people
    from fact_case c where c.accepted
"""
#: What still moves: while one of these counts more than none, the system has not come to rest.
MOVING: Mapping[str, Mapping[str, str]] = {
    "exchange": {
        "messages wait for their hand-over": "select count(*) from inbox where state = 'received'",
        "notices wait": "select count(*) from outbox where state = 'waiting'",
        "rows of audit wait for their place": "select count(*) from audit_pending",
    },
    "cases": {
        "referrals wait for their score": "select count(*) from referral where state = 'received'",
        "rows of audit wait for their place": "select count(*) from audit_pending",
        "events wait for their place": "select count(*) from event_pending",
    },
    "indicators": {"rows of audit wait for their place": "select count(*) from audit_pending"},
}
_GAPS = """
    select count(*) from (
        select position, row_number() over (order by position) - 1 as due from {log}_position
    ) as placed where position <> due
"""
#: The worker goes on asking the police: what is newer may still be on its way.
_UNPLACED = """
    select count(*) from {log} l
    where not exists (select from {log}_position p where p.{log}_id = l.id)
        and l.recorded_at < now() - interval '5 seconds'
"""
#: What must never be, whatever happened.
WRONG: Mapping[str, Mapping[str, str]] = {
    "exchange": {
        "messages in quarantine": "select count(*) from inbox where state = 'quarantined'",
        "messages released though valid": "select count(*) from inbox where state = 'refused'",
        "notices in quarantine": "select count(*) from outbox where state not in ('waiting', 'delivered')",
        "messages without exactly one receipt in the audit log": """
            select abs((select count(*) from inbox)
                - (select count(*) from audit where action = 'receive' and decision = 'allow'))
        """,
        "notices whose release is not in the audit log": """
            select abs((select count(*) from outbox)
                - (select count(*) from audit where action = 'send' and decision = 'allow'
                   and operation <> 'ask_call_outs'))
        """,
        "gaps in the audit log": _GAPS.format(log="audit"),
        "rows without a place in the audit log": _UNPLACED.format(log="audit"),
    },
    "cases": {
        "events not in the order of their case": """
            select count(*) from (
                select e.stream_version,
                    row_number() over (partition by e.stream order by p.position) as due
                from event e join event_position p on p.event_id = e.id
            ) as placed where stream_version <> due
        """,
        "gaps in the feed": _GAPS.format(log="event"),
        "events without a place in the feed": _UNPLACED.format(log="event"),
        "gaps in the audit log": _GAPS.format(log="audit"),
        "rows without a place in the audit log": _UNPLACED.format(log="audit"),
        "referrals without exactly one receipt in the audit log": """
            select abs((select count(*) from referral)
                - (select count(*) from audit where action in ('receive', 'create') and decision = 'allow'
                   and operation in ('take_referral', 'enter_referral')))
        """,
        "decisions without exactly one row in the audit log": """
            select abs((select count(*) from referral where decided_by like 'dev:%')
                - (select count(*) from audit where operation = 'screen_referral' and action = 'update'))
        """,
        "cases that do not belong to one accepted referral": """
            select count(*) from marac_case c full join
                (select case_id from referral where state = 'accepted') r on r.case_id = c.id
            where c.id is null or r.case_id is null
        """,
        "keys that seal nothing": """
            select count(*) from data_key k where not exists (select from referral r where r.key_id = k.id)
        """,
        "referrals without exactly one victim": """
            select count(*) from referral r where 1 <>
                (select count(*) from participation p where p.referral_id = r.id and p.role = 'victim')
        """,
    },
    "indicators": {
        "gaps in the audit log": _GAPS.format(log="audit"),
        "rows without a place in the audit log": _UNPLACED.format(log="audit"),
    },
}


async def counted(running: Running, questions: Mapping[str, Mapping[str, str]]) -> dict[str, int]:
    """How much there is of each, by service and name; those of which there is nothing are left out."""
    found: dict[str, int] = {}
    for service, asked in questions.items():
        async with running.database(service) as database:
            for name, query in asked.items():
                found[f"{service}: {name}"] = await database.fetchval(query)
    return {name: number for name, number in found.items() if number}


async def moving(running: Running) -> dict[str, int]:
    """What has not come to rest; empty when all has but what waits for a coordinator."""
    found = await counted(running, MOVING)
    async with running.database("cases") as cases:
        last = await cases.fetchval("select max(position) from event_position")
    for service, query in (
        ("exchange", "select cursor from feed_cursor where feed = 'cases'"),
        ("indicators", "select cursor from reading where feed = 'cases'"),
    ):
        async with running.database(service) as database:
            cursor = await database.fetchval(query)
        read = -1 if cursor is None else int(cursor.rpartition(".")[2])
        if last is not None and read < last:
            found[f"{service}: events not read"] = last - read
    return found


async def found(running: Running) -> Found:
    """Everything that the ledger is compared with."""
    async with running.database("exchange") as database:
        sealer = Sealer(KeyRing.from_file(running.data / "keys" / "exchange.kek.json"), SystemClock())
        inbox = [_row(sealer, row) for row in await database.fetch(_INBOX)]
    async with running.database("cases") as database:
        referrals = [Kept(*_plain(row)) for row in await database.fetch(_REFERRALS)]
    async with running.database("indicators") as database:
        facts = [Fact(*_plain(row)) for row in await database.fetch(_FACTS)]
    deliveries = [_delivery(row) for row in await received(running)]
    return Found(inbox, referrals, deliveries, facts, await counted(running, WRONG))


async def received(running: Running, **narrowed: str) -> list[dict[str, Any]]:
    """The simulator's own rows about deliveries, in their order."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        answer = await http.get(f"{running.simulator}/control/received", params=narrowed)
    items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return items


def _row(sealer: Sealer, row: asyncpg.Record) -> InboxRow:
    _, body = sealer.message(row["id"], row["key_id"], row["key_wrapped"], row["message_sealed"])
    content = hashlib.sha256(body).hexdigest()
    return InboxRow(row["client"], row["message_id"], row["reference"], row["digest"].hex(), content)


def _plain(row: asyncpg.Record) -> Sequence[Any]:
    return [value if isinstance(value, str | int) else str(value) for value in row.values()]


def _delivery(row: Mapping[str, Any]) -> Delivery:
    return Delivery(
        client=NAMES[row["partner"]],
        id=row["id"],
        reference=row["reference"],
        sender_reference=row["senderReference"],
        status=row["status"],
        occurred_at=parse_instant(row["occurredAt"]).isoformat(timespec="microseconds"),
        digest=row["digest"],
    )
