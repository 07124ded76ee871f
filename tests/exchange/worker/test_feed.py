"""Following the feed: each event is applied once, whatever happens in between."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from services.kit.ids import new_reference
from services.kit.problem import UpstreamUnavailable, UpstreamWrong

POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"


async def test_decisions_become_messages_for_the_sender_alone(world: Any) -> None:
    world.register.happen("referral.received")
    world.register.happen("referral.scored")
    accepted = world.register.happen("referral.accepted")
    declined = world.register.happen("referral.declined", sender=STAR)
    redirected = world.register.happen("referral.redirected")
    world.register.happen("referral.accepted", sender=None)
    world.register.happen("referral.accepted", sender="ee-dev/GOV/1/unknown")
    world.register.happen("case.opened")
    async with world.opened() as worker:
        assert await worker._follower.step(0) == 3
        assert await worker._follower.step(0) == 0
    rows = await world.rows(
        "select event_id, partner, kind, number, state from outbox order by created_at, partner"
    )
    assert {(str(row["event_id"]), row["partner"]) for row in rows} == {
        (accepted, POLIS),
        (declined, STAR),
        (redirected, POLIS),
    }
    assert {(row["kind"], row["number"], row["state"]) for row in rows} == {("caseNotice", 1, "waiting")}


async def test_what_the_register_erased_is_erased_with_its_keys(world: Any) -> None:
    """Messages in and out, whatever they said of it, and nothing else; told again, it changes nothing."""
    reference, other, number = new_reference(), new_reference(), uuid4()
    stream = uuid4()
    world.register.happen(reference=reference, stream=stream)
    world.register.children(number, reference=reference)
    world.register.happen(reference=other)
    for own, about, operation in (
        (reference, None, "submit_referral"),
        (new_reference(), reference, "withdraw_referral"),
        (other, None, "submit_referral"),
    ):
        await _received(world, own, about, operation)
    erased = world.register.happen("case.erased", stream=stream)
    world.register.events[-1]["data"] = {"references": [reference], "region": "polva", "kind": "case"}
    async with world.opened() as worker:
        await worker._follower.step(0)
        assert [row["reference"] for row in await world.rows("select reference from inbox")] == [other]
        assert [row["reference"] for row in await world.rows("select reference from outbox")] == [other]
        assert len(await world.rows("select from outbox_queue")) == 1
        rows = await world.rows("select cardinality(objects) as objects from audit where action = 'delete'")
        assert rows == [{"objects": 1 + 2 + 2}]
        world.register.events.append(
            {**world.register.events[-1], "id": str(uuid4()), "sequence": f"{world.register.epoch}.4"}
        )
        await worker._follower.step(0)
    assert len(await world.rows("select from audit where action = 'delete'")) == 1
    assert erased


async def _received(world: Any, reference: str, about: str | None, operation: str) -> None:
    await world.rows(
        """insert into inbox (id, client, message_id, protocol, operation, digest, reference, about,
               sender_reference, sender_version, request_id, received_at, state, key_id, key_wrapped,
               message_sealed, status, status_at, settled_at)
           values ($1, $2, $3, 'soap', $4, $5, $6, $7, 'N-1', 1, $1, now(), 'handed-over', $1, 'x', 'x',
               'ACCEPTED', now(), now())""",
        uuid4(),
        POLIS,
        str(uuid4()),
        operation,
        bytes(32),
        reference,
        about,
    )


async def test_a_notice_is_fetched_once_and_only_for_what_is_told(world: Any) -> None:
    world.register.happen("referral.received")
    told = world.register.happen("referral.accepted")
    async with world.opened() as worker:
        await worker._follower.step(0)
        await worker._follower.step(0)
    assert [path for path in world.register.asked if "notices" in path] == [f"/api/cases/v1/notices/{told}"]


async def test_the_bytes_are_sealed_and_their_release_is_in_the_audit_log(world: Any) -> None:
    world.register.happen(reference="TV-0123-4567-89AB-CDEF-0")
    async with world.opened() as worker:
        await worker._follower.step(0)
    (row,) = await world.rows("select body_sealed, key_wrapped, digest from outbox")
    assert b"TV-0123" not in row["body_sealed"]
    audit = await world.rows("select actor, action, client, purpose, fields, rule_id from audit")
    assert audit == [
        {
            "actor": "worker:feed",
            "action": "send",
            "client": POLIS,
            "purpose": "delivery",
            "fields": ["basic"],
            "rule_id": "feed-apply",
        }
    ]


async def test_messages_of_one_case_are_numbered_in_the_order_of_the_feed(world: Any) -> None:
    stream = uuid4()
    events = [world.register.happen(stream=stream) for _ in range(120)]
    async with world.opened() as worker:
        assert await worker._follower.step(0) == 120
    rows = await world.rows("select event_id, number from outbox order by number")
    assert [(str(row["event_id"]), row["number"]) for row in rows] == [
        (event, number) for number, event in enumerate(events, 1)
    ]


async def test_an_event_that_comes_again_makes_no_second_message(world: Any) -> None:
    """After a restore the feed begins a new epoch, and every event comes again."""
    for _ in range(3):
        world.register.happen()
    async with world.opened() as worker:
        await worker._follower.step(0)
        world.register.epoch = "ba9876543210"
        for number, event in enumerate(world.register.events):
            event["sequence"] = f"ba9876543210.{number}"
        world.register.happen()
        assert await worker._follower.step(0) == 0  # it learns that the epoch has ended
        await worker._follower.step(0)
    assert await world.rows("select count(*) as n from outbox") == [{"n": 4}]
    assert await world.rows("select cursor from feed_cursor") == [{"cursor": "ba9876543210.3"}]


async def test_two_workers_apply_an_event_once(world: Any) -> None:
    stream = uuid4()
    for _ in range(60):
        world.register.happen(stream=stream)
    async with world.opened() as one, world.opened() as other:
        await asyncio.gather(one._follower.step(0), other._follower.step(0))
        await asyncio.gather(one._follower.step(0), other._follower.step(0))
    rows = await world.rows("select number from outbox order by number")
    assert [row["number"] for row in rows] == list(range(1, 61))


@pytest.mark.parametrize(("mode", "expected"), [("down", UpstreamUnavailable), ("wrong", UpstreamWrong)])
async def test_without_the_register_nothing_moves(world: Any, mode: str, expected: type[Exception]) -> None:
    world.register.happen()
    world.register.mode = mode
    async with world.opened() as worker:
        with pytest.raises(expected):
            await worker._follower.step(0)
        world.register.mode = "ok"
        assert await worker._follower.step(0) == 1


async def test_what_comes_before_a_notice_that_cannot_be_had_is_applied(world: Any) -> None:
    world.register.happen()
    late = world.register.happen()
    world.register.happen()
    world.register.notice_modes[late] = "down"
    async with world.opened() as worker:
        with pytest.raises(UpstreamUnavailable):
            await worker._follower.step(0)
        assert await world.rows("select count(*) as n from outbox") == [{"n": 1}]
        world.register.notice_modes.clear()
        assert await worker._follower.step(0) == 2


@pytest.mark.parametrize(
    ("mode", "words", "reason"),
    [
        ("404", {}, "notice-unavailable"),
        ("422", {}, "notice-unavailable"),
        ("ok", {"recipient": STAR}, "recipient-mismatch"),
        ("ok", {"senderReference": "Mari Maasikas"}, "notice-invalid"),
    ],
)
async def test_a_notice_that_must_not_go_out_waits_for_a_person(
    world: Any, mode: str, words: dict[str, Any], reason: str
) -> None:
    poison = world.register.happen(**words)
    world.register.notice_modes[poison] = mode
    world.register.happen()
    async with world.opened() as worker:
        assert await worker._follower.step(0) == 2
    assert sorted(await world.states()) == sorted([("quarantined", reason), ("waiting", None)])


async def test_a_register_that_answers_wrongly_is_asked_five_times(world: Any) -> None:
    world.register.happen(status="NONSENSE")
    world.register.happen()
    async with world.opened() as worker:
        for _ in range(4):
            with pytest.raises(UpstreamWrong):
                await worker._follower.step(0)
        assert await worker._follower.step(0) == 2
    assert sorted(await world.states()) == [("quarantined", "notice-unavailable"), ("waiting", None)]


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": "x"},
        {"id": "x"},
        {"data": {}},
        {"sequence": "0123456789ab.7"},
        {"sequence": "ba9876543210.2"},
    ],
)
async def test_a_feed_that_is_not_as_agreed_is_not_applied(world: Any, change: dict[str, Any]) -> None:
    world.register.happen()
    world.register.happen()
    world.register.events[0].update(json.loads(json.dumps(change)))
    async with world.opened() as worker:
        with pytest.raises(UpstreamWrong):
            await worker._follower.step(0)
    assert await world.states() == []
