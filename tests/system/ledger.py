"""What senders, coordinators and partners know for certain, and how it must agree with what the system kept.

The ledger is written by the clients of the system, outside of it: what they sent, and every answer that told
them of a success. `differences` compares it with what is found afterwards; an empty list means: nothing that
was acknowledged is lost, nothing happened twice, nothing came in another order.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

DECIDED = frozenset({"ACCEPTED", "DECLINED", "REDIRECTED"})
#: Which statuses may follow which; a status may also stay.
FOLLOW: Mapping[str, frozenset[str]] = {
    "RECEIVED": DECIDED | {"AWAITING_SCREENING"},
    "AWAITING_SCREENING": DECIDED,
    **{status: frozenset[str]() for status in DECIDED},
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """A success that a sender was told: our reference, and how the referral stood."""

    reference: str
    status: str


@dataclass(slots=True)
class Sent:
    """One message of a sender and all success answers to it, in the order in which they came."""

    client: str
    message_id: str
    sender_reference: str
    version: int
    digest: str
    content: str
    receipts: list[Receipt] = field(default_factory=list)

    @property
    def name(self) -> tuple[str, str]:
        return self.client, self.message_id

    @property
    def key(self) -> tuple[str, str, int]:
        return self.client, self.sender_reference, self.version


@dataclass(slots=True)
class Ledger:
    """Everything that clients know: messages, and decisions that were confirmed, by reference."""

    sent: list[Sent] = field(default_factory=list)
    decisions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A message as exchange keeps it; `content` is the digest of the bytes that come out of the seal."""

    client: str
    message_id: str
    reference: str
    digest: str
    content: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A referral as cases keeps it; `stream` is the case's id, `people` how many take part."""

    client: str
    sender_reference: str
    version: int
    reference: str
    status: str
    stream: str
    people: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice as a partner received it, in the order in which it came."""

    client: str
    id: str
    reference: str
    sender_reference: str
    status: str
    occurred_at: str
    digest: str


@dataclass(frozen=True, slots=True)
class Fact:
    """An accepted case as indicators counts it."""

    stream: str
    people: int


@dataclass(frozen=True, slots=True)
class Found:
    """What the system and the partners have in the end; `wrong` counts rows that must not be, by name."""

    inbox: Sequence[InboxRow]
    referrals: Sequence[Kept]
    deliveries: Sequence[Delivery]
    facts: Sequence[Fact]
    wrong: Mapping[str, int] = field(default_factory=dict)


def differences(ledger: Ledger, found: Found) -> list[str]:
    """What does not agree, each in a line; empty when all does."""
    return [
        *_of_inbox(ledger, found.inbox),
        *_of_receipts(ledger, found),
        *_of_referrals(ledger, found.referrals),
        *_of_decisions(ledger, found.referrals),
        *_of_notices(found.referrals, found.deliveries),
        *_of_order(found.deliveries),
        *_of_facts(found.referrals, found.facts),
        *(f"{number} {what}" for what, number in found.wrong.items() if number),
    ]


def _of_inbox(ledger: Ledger, inbox: Sequence[InboxRow]) -> Iterator[str]:
    sent = {one.name: one for one in ledger.sent}
    rows = {(row.client, row.message_id): row for row in inbox}
    yield from _twice("inbox: message twice", ((row.client, row.message_id) for row in inbox))
    for name, row in rows.items():
        if name not in sent:
            yield f"inbox: nobody sent {name}"
        elif (row.digest, row.content) != (sent[name].digest, sent[name].content):
            yield f"inbox: other bytes than were sent: {name}"
    for one in ledger.sent:
        if one.receipts and one.name not in rows:
            yield f"inbox: acknowledged and lost: {one.name}"


def _of_receipts(ledger: Ledger, found: Found) -> Iterator[str]:
    references = {(row.client, row.message_id): row.reference for row in found.inbox}
    statuses = {row.reference: row.status for row in found.referrals}
    for one in ledger.sent:
        told = {receipt.reference for receipt in one.receipts}
        if len(told) > 1:
            yield f"receipts: several references for {one.name}: {sorted(told)}"
        elif told and one.name in references and told != {references[one.name]}:
            yield f"receipts: {one.name} was told {told}, the inbox says {references[one.name]}"
        for receipt in one.receipts:
            now = statuses.get(receipt.reference)
            if now is not None and now != receipt.status and now not in FOLLOW[receipt.status]:
                yield f"receipts: {receipt.reference} was {receipt.status} and is {now}"


def _of_referrals(ledger: Ledger, referrals: Sequence[Kept]) -> Iterator[str]:
    sent: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for one in ledger.sent:
        sent[one.key] |= {receipt.reference for receipt in one.receipts}
    keys = [(row.client, row.sender_reference, row.version) for row in referrals]
    yield from _twice("cases: referral twice", keys)
    yield from _twice("cases: reference twice", (row.reference for row in referrals))
    for key, row in zip(keys, referrals, strict=True):
        if key not in sent:
            yield f"cases: nobody sent {key}"
        elif sent[key] and sent[key] != {row.reference}:
            yield f"cases: {key} is {row.reference}, its sender was told {sorted(sent[key])}"
    for key in sorted(key for key in sent if sent[key] and key not in set(keys)):
        yield f"cases: acknowledged and lost: {key}"


def _of_decisions(ledger: Ledger, referrals: Sequence[Kept]) -> Iterator[str]:
    statuses = {row.reference: row.status for row in referrals}
    for reference, status in ledger.decisions.items():
        if statuses.get(reference) != status:
            yield f"decisions: {reference} was confirmed as {status} and is {statuses.get(reference)}"


def _of_notices(referrals: Sequence[Kept], deliveries: Sequence[Delivery]) -> Iterator[str]:
    effects: dict[str, Delivery] = {}
    for one in deliveries:
        first = effects.setdefault(one.id, one)
        if first != one:
            yield f"notices: {one.id} came with other bytes or words"
    told: dict[str, list[Delivery]] = defaultdict(list)
    for one in effects.values():
        told[one.reference].append(one)
    known = {row.reference: row for row in referrals}
    for reference in sorted(told.keys() - known.keys()):
        yield f"notices: nobody knows {reference}"
    for row in referrals:
        decided = [row.status] if row.status in DECIDED else []
        notices = told[row.reference]
        if len(notices) != len(decided):
            yield f"notices: {row.reference} is {row.status}, its sender was told {len(notices)} times"
        for one in notices:
            if (one.client, one.sender_reference) != (row.client, row.sender_reference):
                yield f"notices: {row.reference} was told to another than its sender"
            if one.status not in decided:
                yield f"notices: {row.reference} is {row.status}, its sender was told {one.status}"


def _of_order(deliveries: Sequence[Delivery]) -> Iterator[str]:
    """In each case first deliveries come in the order of what they tell, none again after a later one."""
    latest: dict[tuple[str, str], str] = {}
    for one in deliveries:
        case = one.client, one.reference
        if one.occurred_at < latest.get(case, ""):
            yield f"order: {one.reference}: what happened at {one.occurred_at} came after {latest[case]}"
        latest[case] = max(latest.get(case, ""), one.occurred_at)


def _of_facts(referrals: Sequence[Kept], facts: Sequence[Fact]) -> Iterator[str]:
    accepted = {row.stream: row.people for row in referrals if row.status == "ACCEPTED"}
    counted = {fact.stream: fact.people for fact in facts}
    yield from _twice("indicators: case twice", (fact.stream for fact in facts))
    for stream in sorted(accepted.keys() - counted.keys()):
        yield f"indicators: accepted and not counted: {stream}"
    for stream in sorted(counted.keys() - accepted.keys()):
        yield f"indicators: counted and not accepted: {stream}"
    for stream in sorted(accepted.keys() & counted.keys()):
        if accepted[stream] != counted[stream]:
            yield f"indicators: {stream} has {accepted[stream]} people, counted are {counted[stream]}"


def _twice(what: str, things: Iterable[object]) -> Iterator[str]:
    yield from (f"{what}: {thing}" for thing, times in Counter(things).items() if times > 1)
