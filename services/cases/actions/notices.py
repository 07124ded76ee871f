"""What a partner is told: one event, the fields that the published rule lists, only to the sender."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.cases.catalog import Catalog
from services.cases.model.referral import Event
from services.cases.store import events, referrals
from services.kit.calendar import format_instant
from services.kit.db import Work
from services.kit.policy import Decision
from services.kit.problem import NotFound


@dataclass(frozen=True, slots=True)
class Notice:
    """The listed fields of a notice, to whom it goes, and the decision that lets it out."""

    fields: Mapping[str, object]
    recipient: str
    referral: UUID
    decision: Decision


async def notice_of(work: Work, event_id: UUID, catalog: Catalog) -> Notice:
    """The notice about an event.

    NotFound for an unknown event, for one that nobody is told of, for a referral that a person entered.
    """
    event = await events.by_id(work, event_id)
    rule = catalog.notices.get(event.type) if event else None
    if event is None or rule is None:
        raise NotFound
    stored = await referrals.by_reference(work, str(event.data["reference"]))
    if stored is None or stored.head.sender is None or stored.sender_reference is None:
        raise NotFound
    decision = work.permit.on(
        {"sender": stored.head.sender, "region": stored.head.region, "agencies": (), "state": ""}
    )
    every = {"kind": rule.kind, **_facts(event, stored.head.sender, stored.sender_reference)}
    told = {name: value for name, value in every.items() if name in rule.fields}
    return Notice(told, stored.head.sender, stored.head.id, decision)


def _facts(event: Event, sender: str, sender_reference: str) -> Mapping[str, object]:
    return {
        "recipient": sender,
        "reference": event.data["reference"],
        "senderReference": sender_reference,
        "status": event.data["status"],
        "occurredAt": format_instant(event.occurred_at),
    }
