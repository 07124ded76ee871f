"""Notices about children: one for each, by number and version, in no other's way, until a person stops it."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from services.exchange.worker import Line, Worker

STAR = "ee-dev/GOV/70009770/star"
LineOf = Callable[..., Line]


async def drive(worker: Worker, line: LineOf) -> int:
    """Takes what is due and waits until each try has ended; how many there were."""
    star = line(worker, STAR)
    heads = await star._courier.claim(STAR, 10)
    await asyncio.gather(*(star._courier.deliver(head) for head in heads))
    return len(heads)


async def test_two_children_are_two_notices_each_taken_once(world: Any, line: LineOf) -> None:
    one, two = uuid4(), uuid4()
    world.register.children(one, two)
    async with world.opened() as worker:
        assert await worker._follower.step(0) == 2
        assert await drive(worker, line) == 2
        assert await drive(worker, line) == 0
    got = await world.children()
    assert {row["number"] for row in got} == {str(one), str(two)}
    assert [row["duplicate"] for row in got] == [False, False]
    assert await world.states() == [("delivered", None)] * 2


async def test_the_content_is_fetched_when_it_is_its_turn_and_is_sealed(world: Any, line: LineOf) -> None:
    number = uuid4()
    event = world.register.children(number)
    async with world.opened() as worker:
        await worker._follower.step(0)
        assert [path for path in world.register.asked if "notices" in path] == []
        await drive(worker, line)
    asked = f"/api/cases/v1/notices/{event}/children/{number}"
    assert [path for path in world.register.asked if "notices" in path] == [asked]
    (row,) = await world.rows("select body_sealed, notice, notice_version from outbox")
    assert b"Maasikas" not in row["body_sealed"]
    assert (row["notice"], row["notice_version"]) == (number, 1)
    (sent,) = await world.rows("select client, fields, rule_id from audit where action = 'send'")
    assert sent == {
        "client": STAR,
        "fields": ["basic", "contact", "identity"],
        "rule_id": "child-notice-send",
    }


@pytest.mark.parametrize("effect", ["cut-after", "cut-before", "duplicate", "down", "garbage"])
async def test_trouble_makes_no_second_notice_and_loses_none(world: Any, line: LineOf, effect: str) -> None:
    world.register.children(uuid4())
    await world.tell(effect, "star", times=1)
    async with world.opened() as worker:
        await worker._follower.step(0)

        async def delivered() -> bool:
            await drive(worker, line)
            return bool(await world.states() == [("delivered", None)])

        await world.until(delivered)
    got = await world.children()
    assert [row["duplicate"] for row in got].count(False) == 1
    assert all(row["sameBytes"] for row in got)
    assert len({row["id"] for row in got}) == 1
    assert len([path for path in world.register.asked if "children" in path]) == 1


async def test_the_same_event_in_a_new_epoch_makes_no_second_notice(world: Any, line: LineOf) -> None:
    world.register.children(uuid4())
    async with world.opened() as worker:
        await worker._follower.step(0)
        await drive(worker, line)
        world.register.epoch = "ba9876543210"
        world.register.events[0]["sequence"] = "ba9876543210.0"
        await worker._follower.step(0)
        await worker._follower.step(0)
        assert await drive(worker, line) == 0
    assert len(await world.children()) == 1


async def test_what_a_person_stopped_is_never_sent(world: Any, line: LineOf) -> None:
    number = uuid4()
    world.register.children(number)
    world.register.notice_modes[str(number)] = "410"
    async with world.opened() as worker:
        await worker._follower.step(0)
        await drive(worker, line)
        assert await drive(worker, line) == 0
    assert await world.states() == [("skipped", "stopped-by-person")]
    assert await world.children() == []


async def test_without_a_residence_it_waits_for_a_person_and_its_sibling_does_not(
    world: Any, line: LineOf
) -> None:
    lost, found = uuid4(), uuid4()
    world.register.children(lost, found)
    world.register.notice_modes[str(lost)] = "409"
    async with world.opened() as worker:
        await worker._follower.step(0)
        await drive(worker, line)
        assert sorted(await world.states()) == [("delivered", None), ("quarantined", "residence-unknown")]
        assert [row["number"] for row in await world.children()] == [str(found)]
        del world.register.notice_modes[str(lost)]
        world.register.children(lost)
        await worker._follower.step(0)
        assert await drive(worker, line) == 1
    assert {row["number"] for row in await world.children()} == {str(lost), str(found)}
    assert await world.states() == [("delivered", None)] * 2


async def test_what_star_refuses_waits_for_a_person(world: Any, line: LineOf) -> None:
    world.register.children(uuid4())
    await world.tell("business", "star", code="MUNICIPALITY_UNKNOWN", times=1)
    async with world.opened() as worker:
        await worker._follower.step(0)
        await drive(worker, line)
    assert await world.states() == [("quarantined", "partner-refused")]


async def test_another_notice_than_the_one_asked_for_is_not_sent(world: Any, line: LineOf) -> None:
    number = uuid4()
    world.register.children(number, version=2)
    async with world.opened(delivery_tries=1) as worker:
        await worker._follower.step(0)
        await drive(worker, line)
    assert await world.states() == [("quarantined", "answer-inconsistent")]
    assert await world.children() == []


async def test_several_are_asked_for_in_one_call_and_none_spoils_another(world: Any, line: LineOf) -> None:
    fine, stopped, lost, gone, odd = (uuid4() for _ in range(5))
    world.register.children(fine, stopped, lost, gone)
    world.register.children(odd, version=2)
    world.register.notice_modes |= {str(stopped): "410", str(lost): "409", str(gone): "404"}
    async with world.opened(delivery_tries=1) as worker:
        await worker._follower.step(0)
        assert await drive(worker, line) == 5
    assert [path for path in world.register.asked if "notices" in path] == ["/api/cases/v1/notices/children"]
    rows = await world.rows("select notice, state, reason from outbox")
    assert {row["notice"]: (row["state"], row["reason"]) for row in rows} == {
        fine: ("delivered", None),
        stopped: ("skipped", "stopped-by-person"),
        lost: ("quarantined", "residence-unknown"),
        gone: ("quarantined", "notice-unavailable"),
        odd: ("quarantined", "answer-inconsistent"),
    }
    assert [row["number"] for row in await world.children()] == [str(fine)]
    audited = await world.rows("select request_id from audit where action in ('send', 'update')")
    assert len({row["request_id"] for row in audited}) == len(audited) == 6  # one was sent, five ended


@pytest.mark.parametrize("status", ["500", "200", "404"])
async def test_a_call_for_several_that_goes_wrong_is_made_again_one_by_one(
    world: Any, line: LineOf, status: str
) -> None:
    numbers = [uuid4() for _ in range(3)]
    world.register.children(*numbers)
    world.register.notice_modes["several"] = status
    async with world.opened() as worker:
        await worker._follower.step(0)
        assert await drive(worker, line) == 3
    assert await world.states() == [("delivered", None)] * 3
    assert len([path for path in world.register.asked if "notices" in path]) == 4


@pytest.mark.parametrize("status", ["503", "401"])
async def test_a_register_that_cannot_be_asked_now_is_asked_about_all_later(
    world: Any, line: LineOf, status: str
) -> None:
    world.register.children(uuid4(), uuid4())
    world.register.notice_modes["several"] = status
    async with world.opened() as worker:
        await worker._follower.step(0)
        assert await drive(worker, line) == 2
        assert await world.states() == [("waiting", None)] * 2
        assert len([path for path in world.register.asked if "notices" in path]) == 1
        del world.register.notice_modes["several"]

        async def delivered() -> bool:
            await drive(worker, line)
            return bool(await world.states() == [("delivered", None)] * 2)

        await world.until(delivered)
    rows = await world.rows("select origin, code from outbox_try where outcome = 'failed'")
    assert [tuple(row.values()) for row in rows] == [("transport", "case-register")] * 2
