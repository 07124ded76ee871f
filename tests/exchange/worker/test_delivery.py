"""Deliveries against the simulated security server: at least once, in order, the same id and bytes."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from services.exchange.actions.delivery import Ending
from services.exchange.model.outbox import OutState, Try
from services.exchange.rules.queue import Settle
from services.exchange.store import results
from services.exchange.store.results import Result
from services.exchange.worker import Line, Worker

POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"
LOGGED = "select l.* from message_log l join message_log_pending p on p.message_log_id = l.id order by p.id"
LineOf = Callable[..., Line]


async def drive(worker: Worker, line: Line) -> int:
    """Takes what is due and waits until each try has ended; how many there were."""
    heads = await line._courier.claim(line._partner, 10)
    await asyncio.gather(*(line._courier.deliver(head) for head in heads))
    return len(heads)


async def settle(worker: Worker, line: Line, seconds: float = 8) -> None:
    """Drives until nothing more happens for longer than the longest wait of the tests."""
    quiet = 0
    for _ in range(int(seconds / 0.05)):
        quiet = 0 if await drive(worker, line) else quiet + 1
        if quiet > 6:
            return
        await asyncio.sleep(0.05)
    pytest.fail("it did not come to rest")


@pytest.mark.parametrize("sender", [POLIS, STAR])
async def test_a_partner_is_told_in_its_own_protocol(world: Any, line: LineOf, sender: str) -> None:
    world.register.happen(sender=sender, reference="TV-0123-4567-89AB-CDEF-0")
    async with world.opened() as worker:
        await worker._follower.step(0)
        assert await drive(worker, line(worker, sender)) == 1
        assert await drive(worker, line(worker, sender)) == 0
    (row,) = await world.rows("select id, state, tries, digest from outbox")
    (got,) = await world.received()
    assert (row["state"], row["tries"]) == ("delivered", 1)
    assert (got["id"], got["digest"]) == (str(row["id"]), row["digest"].hex())
    assert {name: got[name] for name in ("reference", "senderReference", "status", "occurredAt")} == {
        "reference": "TV-0123-4567-89AB-CDEF-0",
        "senderReference": "N-1",
        "status": "ACCEPTED",
        "occurredAt": "2017-05-04T12:00:00Z",
    }


@pytest.mark.parametrize("sender", [POLIS, STAR])
@pytest.mark.parametrize(
    "trouble",
    [
        {"effect": "cut-before"},
        {"effect": "cut-after"},
        {"effect": "down"},
        {"effect": "garbage"},
        {"effect": "mismatch"},
        {"effect": "fault", "code": "server.serverproxy.io_error", "generation": "7.7"},
        {"effect": "fault", "code": "server.clientproxy.maintenance_mode", "generation": "7.8"},
        {"effect": "fault", "code": "server.serverproxy.internal_error"},
        {"effect": "status", "status": 503},
    ],
    ids=lambda trouble: "-".join(str(value) for value in trouble.values()),
)
async def test_after_passing_trouble_the_same_bytes_arrive(
    world: Any, line: LineOf, sender: str, trouble: dict[str, Any]
) -> None:
    """INV-13: under the same id."""
    world.register.happen(sender=sender)
    await world.tell(partner=sender.rpartition("/")[2], times=2, **trouble)
    async with world.opened() as worker:
        await worker._follower.step(0)
        await settle(worker, line(worker, sender))
    assert await world.states() == [("delivered", None)]
    (row,) = await world.rows("select id, tries from outbox")
    assert row["tries"] == 3
    got = await world.received()
    assert {one["id"] for one in got} == {str(row["id"])}
    assert len({one["digest"] for one in got}) == 1
    assert sum(not one["duplicate"] for one in got) == 1


@pytest.mark.parametrize("sender", [POLIS, STAR])
@pytest.mark.parametrize(
    ("trouble", "reason", "tries"),
    [
        ({"effect": "business", "code": "UNKNOWN_CASE"}, "partner-refused", 1),
        (
            {"effect": "fault", "code": "server.serverproxy.access_denied", "generation": "7.7"},
            "access-denied",
            1,
        ),
        (
            {"effect": "fault", "code": "server.serverproxy.access_denied", "generation": "7.8"},
            "access-denied",
            1,
        ),
        ({"effect": "fault", "code": "server.serverproxy.unknown_service"}, "service-unknown", 1),
        (
            {"effect": "fault", "code": "client.missing_header_field", "generation": "7.7"},
            "message-refused",
            1,
        ),
        ({"effect": "fault", "code": "server.serverproxy.never_seen"}, "unknown-error", 5),
        ({"effect": "mismatch"}, "answer-inconsistent", 5),
    ],
    ids=lambda one: one if isinstance(one, str) else None,
)
async def test_a_message_at_fault_waits_for_a_person(  # noqa: PLR0913, PLR0917 - a table of cases
    world: Any, line: LineOf, sender: str, trouble: dict[str, Any], reason: str, tries: int
) -> None:
    """INV-15: at once or after five tries, with a reason."""
    world.register.happen(sender=sender)
    await world.tell(partner=sender.rpartition("/")[2], **trouble)
    async with world.opened() as worker:
        await worker._follower.step(0)
        await settle(worker, line(worker, sender))
    assert await world.states() == [("quarantined", reason)]
    (row,) = await world.rows("select tries, code from outbox")
    assert row["tries"] == tries
    assert await world.rows("select count(*) as n from outbox_try") == [{"n": tries}]


async def test_the_partners_own_fault_gets_five_tries(world: Any, line: LineOf) -> None:
    world.register.happen()
    await world.tell("partner-fault", code="soap:Server")
    async with world.opened() as worker:
        await worker._follower.step(0)
        await settle(worker, line(worker))
    assert await world.states() == [("quarantined", "partner-failed")]


async def test_a_wrong_request_hash_is_no_receipt(world: Any, line: LineOf) -> None:
    world.register.happen()
    await world.tell("wrong-hash", times=1)
    async with world.opened() as worker:
        await worker._follower.step(0)
        await drive(worker, line(worker))
        (tried,) = await world.rows("select outcome, origin, code from outbox_try")
        assert tried == {"outcome": "failed", "origin": "answer", "code": "wrong-request-hash"}
        await settle(worker, line(worker))
    assert await world.states() == [("delivered", None)]


async def test_the_next_of_a_case_goes_only_after_the_one_before(world: Any, line: LineOf) -> None:
    """INV-11: a partner has the messages of a case in their order."""
    stream = uuid4()
    for type_ in ("referral.accepted", "referral.declined", "referral.redirected"):
        world.register.happen(type_, stream=stream)
    await world.tell("cut-after", times=2)
    async with world.opened() as worker:
        await worker._follower.step(0)
        await settle(worker, line(worker))
    effects = [one["status"] for one in await world.received() if not one["duplicate"]]
    assert effects == ["ACCEPTED", "DECLINED", "REDIRECTED"]
    assert [one["status"] for one in await world.received()][:3] == ["ACCEPTED"] * 3


async def test_a_poison_message_holds_up_its_own_case_only(world: Any, line: LineOf) -> None:
    stream, reference = uuid4(), "TV-0123-4567-89AB-CDEF-0"
    world.register.happen(stream=stream, reference=reference)
    world.register.happen("referral.declined", stream=stream, reference="TV-7K3M-9Q2X-4D8R-W6HF-5")
    for _ in range(3):
        world.register.happen()
    await world.tell("business", code="NO", reference=reference)
    async with world.opened() as worker:
        await worker._follower.step(0)
        await settle(worker, line(worker))
    rows = await world.rows("select state, stream from outbox order by number, stream")
    assert sorted(row["state"] for row in rows if row["stream"] == stream) == ["quarantined", "waiting"]
    assert [row["state"] for row in rows if row["stream"] != stream] == ["delivered"] * 3


async def test_who_dies_between_sending_and_writing_down_sends_the_same_again(
    world: Any, line: LineOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.register.happen()
    async with world.opened(delivery_lease=1.0) as dying:
        await dying._follower.step(0)
        courier = line(dying)._courier

        async def killed(*_: object) -> None:
            raise asyncio.CancelledError

        monkeypatch.setattr(courier, "_end", killed)
        (head,) = await courier.claim(POLIS, 1)
        with pytest.raises(asyncio.CancelledError):
            await courier.deliver(head)
    assert await world.states() == [("waiting", None)]
    async with world.opened() as other:
        await asyncio.sleep(1.1)
        await settle(other, line(other))
    first, second = await world.received()
    assert (first["id"], first["digest"]) == (second["id"], second["digest"])
    assert (first["duplicate"], second["duplicate"], second["sameBytes"]) == (False, True, True)
    assert await world.states() == [("delivered", None)]


async def test_a_paused_worker_cannot_write_its_result_after_another_took_over(
    world: Any, line: LineOf
) -> None:
    """INV-14: who lost the lease writes nothing."""
    world.register.happen()
    async with world.opened(delivery_lease=1.0) as paused, world.opened() as other:
        await paused._follower.step(0)
        (head,) = await line(paused)._courier.claim(POLIS, 1)
        await asyncio.sleep(1.1)
        assert await drive(other, line(other)) == 1
        assert await world.states() == [("delivered", None)]
        await line(paused)._courier._end(Ending(head, head.envelope, None, 1, str(uuid4())))
        async with paused._follower._database.work(line(paused)._courier._permit, str(uuid4())) as work:
            late = Result(head, Settle(OutState.DELIVERED), Try(1, "delivered"))
            assert await results.write(work, [late]) == [False]
    assert await world.rows("select tries from outbox") == [{"tries": 1}]
    logged = [row["result"] for row in await world.rows(LOGGED)]
    assert logged == ["delivered", "lease-lost"]


async def test_every_try_is_in_the_message_log(world: Any, line: LineOf) -> None:
    world.register.happen()
    await world.tell("down", times=2)
    async with world.opened() as worker:
        await worker._follower.step(0)
        await settle(worker, line(worker))
    rows = await world.rows(LOGGED)
    (message,) = await world.rows("select id, digest from outbox")
    assert [row["result"] for row in rows] == ["failed", "failed", "delivered"]
    for row in rows:
        record = json.loads(row["canonical"])
        assert (row["what"], row["partner"], row["message_id"]) == ("sent", POLIS, str(message["id"]))
        assert record["digest"] == message["digest"].hex()
        assert (record["code"] is None) == (row["result"] == "delivered")


async def test_a_message_whose_seal_is_broken_is_never_sent(world: Any, line: LineOf) -> None:
    world.register.happen()
    async with world.opened() as worker:
        await worker._follower.step(0)
        await world.rows("update outbox set body_sealed = body_sealed || '\\x00'::bytea")
        await settle(worker, line(worker))
    assert await world.states() == [("quarantined", "seal-broken")]
    assert await world.received() == []


async def test_bytes_of_another_message_are_never_sent(world: Any, line: LineOf) -> None:
    """Swapping two sealed bodies, wrapped keys and all, is noticed: they are bound to their rows."""
    world.register.happen()
    world.register.happen()
    async with world.opened() as worker:
        await worker._follower.step(0)
        await world.rows("""
            update outbox o set key_id = p.key_id, key_wrapped = p.key_wrapped, body_sealed = p.body_sealed,
                digest = p.digest from outbox p where p.id <> o.id
        """)
        await settle(worker, line(worker))
    assert await world.states() == [("quarantined", "seal-broken")] * 2
    assert await world.received() == []


async def redriven(world: Any) -> None:
    """What an operator's decision does to the rows."""
    await world.rows("update outbox set state = 'waiting', reason = null")
    await world.rows("update outbox_queue set state = 'due', due_at = now()")


async def test_a_message_without_content_gets_it_when_it_is_redriven(world: Any, line: LineOf) -> None:
    event = world.register.happen()
    world.register.notice_modes[event] = "404"
    async with world.opened() as worker:
        await worker._follower.step(0)
        assert await world.states() == [("quarantined", "notice-unavailable")]
        await redriven(world)
        await settle(worker, line(worker))
        assert await world.states() == [("quarantined", "notice-unavailable")]
        world.register.notice_modes[event] = "down"
        await redriven(world)
        await drive(worker, line(worker))
        assert await world.states() == [("waiting", None)]
        world.register.notice_modes.clear()
        await settle(worker, line(worker))
    assert await world.states() == [("delivered", None)]
    audit = await world.rows("select actor from audit where action = 'send'")
    assert audit == [{"actor": "worker:delivery"}]


async def test_every_try_is_written_down(world: Any, line: LineOf) -> None:
    world.register.happen()
    await world.tell("fault", code="server.serverproxy.network_error", generation="7.7", times=1)
    async with world.opened() as worker:
        await worker._follower.step(0)
        await settle(worker, line(worker))
    rows = await world.rows("select number, outcome, origin, code from outbox_try order by number")
    assert rows == [
        {
            "number": 1,
            "outcome": "failed",
            "origin": "security-server",
            "code": "Server.ServerProxy.NetworkError",
        },
        {"number": 2, "outcome": "delivered", "origin": None, "code": None},
    ]
