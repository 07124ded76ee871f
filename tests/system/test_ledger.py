"""The comparison of ledgers finds every loss, doubling and disorder that is planted."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.system.ledger import (
    Delivery,
    Fact,
    Found,
    InboxRow,
    Kept,
    Ledger,
    Receipt,
    Sent,
    differences,
)

POLIS, STAR = "ee-dev/GOV/70008747/polis", "ee-dev/GOV/70009770/star"
STATUSES = ("ACCEPTED", "DECLINED", "REDIRECTED", "AWAITING_SCREENING", "ACCEPTED", "RECEIVED")


def reference(number: int) -> str:
    return f"TV-{number}"


def kept_of(number: int, status: str) -> Kept:
    client = (POLIS, STAR)[number % 2]
    return Kept(client, f"R-{number}", 1, reference(number), status, f"stream-{number}", number + 1)


def notice_of(kept: Kept) -> Delivery:
    at = "2026-11-21T10:00:00.000000+00:00"
    words = (kept.reference, kept.sender_reference, kept.status, at, f"bytes-{kept.reference}")
    return Delivery(kept.client, f"notice-{kept.reference}", *words)


@pytest.fixture
def ledger() -> Ledger:
    """Six messages, each acknowledged twice, the decisions about four of them confirmed."""
    sent = [
        Sent(
            (POLIS, STAR)[number % 2],
            f"m-{number}",
            f"R-{number}",
            1,
            f"digest-{number}",
            f"content-{number}",
            [Receipt(reference(number), "RECEIVED"), Receipt(reference(number), STATUSES[number])],
        )
        for number in range(6)
    ]
    decisions = {reference(number): STATUSES[number] for number in (0, 1, 2, 4)}
    return Ledger(sent, decisions)


@pytest.fixture
def found() -> Found:
    """What a system has that did everything right; one notice came twice."""
    kept = [kept_of(number, status) for number, status in enumerate(STATUSES)]
    told = [notice_of(one) for one in kept if one.status in {"ACCEPTED", "DECLINED", "REDIRECTED"}]
    inbox = [
        InboxRow(one.client, f"m-{number}", one.reference, f"digest-{number}", f"content-{number}")
        for number, one in enumerate(kept)
    ]
    facts = [Fact(one.stream, one.people) for one in kept if one.status == "ACCEPTED"]
    return Found(inbox, kept, [*told, told[1]], facts, {"exchange: gaps": 0})


def test_a_system_that_did_everything_right_has_no_differences(ledger: Ledger, found: Found) -> None:
    assert differences(ledger, found) == []


def test_a_message_that_was_never_acknowledged_may_be_there_or_not(ledger: Ledger, found: Found) -> None:
    ledger.sent.append(Sent(POLIS, "m-9", "R-9", 1, "digest-9", "content-9"))
    assert differences(ledger, found) == []
    row = InboxRow(POLIS, "m-9", reference(9), "digest-9", "content-9")
    kept = replace(kept_of(9, "RECEIVED"), client=POLIS)
    there = replace(found, inbox=[*found.inbox, row], referrals=[*found.referrals, kept])
    assert differences(ledger, there) == []


Spoil = Callable[[Found], Found]


def _without(name: str, index: int) -> Spoil:
    def spoil(found: Found) -> Found:
        rows = list(getattr(found, name))
        del rows[index]
        return replace(found, **{name: rows})

    return spoil


def _with(name: str, index: int, **changes: object) -> Spoil:
    """One row more, like another but for the changes."""

    def spoil(found: Found) -> Found:
        rows = list(getattr(found, name))
        return replace(found, **{name: [*rows, replace(rows[index], **changes)]})

    return spoil


def _changed(name: str, index: int, **changes: object) -> Spoil:
    def spoil(found: Found) -> Found:
        rows = list(getattr(found, name))
        rows[index] = replace(rows[index], **changes)
        return replace(found, **{name: rows})

    return spoil


SPOILT: dict[str, tuple[Spoil, str]] = {
    "a message lost from the inbox": (_without("inbox", 3), "inbox: acknowledged and lost"),
    "a message twice in the inbox": (_with("inbox", 2), "inbox: message twice"),
    "a message that nobody sent": (_with("inbox", 2, message_id="m-77"), "inbox: nobody sent"),
    "another digest": (_changed("inbox", 1, digest="x"), "inbox: other bytes"),
    "other bytes in the seal": (_changed("inbox", 1, content="x"), "inbox: other bytes"),
    "another reference than was told": (_changed("inbox", 1, reference="TV-9"), "receipts: "),
    "a referral lost from cases": (_without("referrals", 3), "cases: acknowledged and lost"),
    "a referral twice": (_with("referrals", 0, reference="TV-8"), "cases: referral twice"),
    "a reference twice": (_with("referrals", 3, sender_reference="R-8"), "cases: reference twice"),
    "a referral that nobody sent": (_changed("referrals", 3, version=2), "cases: nobody sent"),
    "a referral of another reference": (_changed("referrals", 3, reference="TV-8"), "cases: ("),
    "a decision lost": (_changed("referrals", 0, status="AWAITING_SCREENING"), "decisions: TV-0"),
    "a decision turned round": (_changed("referrals", 0, status="DECLINED"), "decisions: TV-0"),
    "a status that went back": (_changed("referrals", 3, status="RECEIVED"), "receipts: TV-3 was"),
    "a notice lost": (_without("deliveries", 0), "notices: TV-0 is ACCEPTED, its sender was told 0"),
    "a notice under two ids": (_with("deliveries", 0, id="n-2"), "told 2 times"),
    "a repeat with other bytes": (_with("deliveries", 0, digest="x"), "with other bytes"),
    "a notice of another status": (_changed("deliveries", 0, status="DECLINED"), "told DECLINED"),
    "a notice to another partner": (_changed("deliveries", 0, client=STAR), "another than its sender"),
    "a notice about another's referral": (
        _changed("deliveries", 0, sender_reference="R-1"),
        "another than its sender",
    ),
    "a notice before its decision": (
        _with("deliveries", 0, id="n-3", reference="TV-3", sender_reference="R-3", client=STAR),
        "TV-3 is AWAITING_SCREENING, its sender was told 1",
    ),
    "a notice about nothing": (_with("deliveries", 0, id="n-4", reference="TV-44"), "nobody knows"),
    "a notice out of order": (
        _with("deliveries", 0, id="n-5", occurred_at="2026-11-21T09:59:59.000000+00:00"),
        "order: TV-0",
    ),
    "a case not counted": (_without("facts", 1), "accepted and not counted"),
    "a case counted twice": (_with("facts", 0), "case twice"),
    "a case counted that is none": (_with("facts", 0, stream="stream-1"), "counted and not accepted"),
    "people not counted": (_changed("facts", 0, people=9), "counted are 9"),
}


@pytest.mark.parametrize("planted", SPOILT)
def test_what_is_planted_is_found(ledger: Ledger, found: Found, planted: str) -> None:
    spoil, told = SPOILT[planted]
    assert any(told in line for line in differences(ledger, spoil(found)))


def test_two_references_for_one_message_are_found(ledger: Ledger, found: Found) -> None:
    ledger.sent[0].receipts.append(Receipt("TV-1", "ACCEPTED"))
    assert any("several references" in line for line in differences(ledger, found))


def test_rows_that_must_not_be_are_told_with_their_number(ledger: Ledger, found: Found) -> None:
    spoilt = replace(found, wrong={"cases: gaps in the feed": 3})
    assert differences(ledger, spoilt) == ["3 cases: gaps in the feed"]
