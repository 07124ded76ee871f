"""Keeping disclosures for the Data Tracker: each once, withheld where a case is behind it."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.exchange.app import create_worker
from services.kit.problem import UpstreamUnavailable, UpstreamWrong

PPA, STAR = "70008747", "70009770"


@dataclass
class Feed:
    """The case register's feed of disclosures; ``mode`` makes it fail."""

    epoch: str = "0123456789ab"
    mode: str = "ok"
    told: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def disclose(self, to: str = STAR, **words: Any) -> str:
        """Something was disclosed; its id."""
        one = {
            "id": str(uuid4()),
            "sequence": f"{self.epoch}.{len(self.told)}",
            "subject": "ab" * 32,
            "receiverCode": to,
            "receiverSystem": "star",
            "receiverName": None,
            "action": "Teade lapse elukohajärgsele lastekaitsele",
            "occurredAt": "2026-12-01T10:00:00Z",
            "caseHandle": "cd" * 16,
            **words,
        }
        self.told.append(one)
        return str(one["id"])

    def begin_anew(self) -> None:
        """After a restore everything comes again, in another epoch."""
        self.epoch = "ba9876543210"
        for number, one in enumerate(self.told):
            one["sequence"] = f"{self.epoch}.{number}"

    async def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/api/cases/v1/disclosures"
        assert request.headers["x-purpose"] == "accountability"
        self.asked.append(str(request.url.params.get("after")))
        if self.mode == "down":
            raise httpx.ConnectError("refused")
        if self.mode != "ok":
            return httpx.Response(int(self.mode))
        epoch, _, position = request.url.params.get("after", f"{self.epoch}.-1").partition(".")
        if epoch != self.epoch:
            return httpx.Response(410, json={"type": "urn:turvavork:problem:epoch-ended"})
        found = self.told[int(position) + 1 :][: int(request.url.params["limit"])]
        return httpx.Response(200, json=found)


@dataclass
class Kept:
    """A database, a feed; any number of workers."""

    world: Any
    feed: Feed

    def worker(self) -> Any:
        return create_worker(
            self.world.settings,
            cases_transport=httpx.MockTransport(self.feed.answer),
            server_transport=self.world.server_transport,
        )

    async def step(self, times: int = 1) -> list[int]:
        """What a worker that has just started keeps, look by look."""
        worker = self.worker()
        await worker._opened()
        try:
            return [await worker._keeper.step() for _ in range(times)]
        finally:
            await worker._closed()

    async def rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = await self.world.rows("select * from data_usage order by id")
        return rows


@pytest.fixture
def kept(world: Any) -> Kept:
    return Kept(world, Feed())


async def test_d08_a_disclosure_is_one_row_without_the_data(kept: Kept) -> None:
    disclosed = kept.feed.disclose()
    assert await kept.step(2) == [1, 0]
    (row,) = await kept.rows()
    assert str(row.pop("id")) == disclosed
    assert row.pop("recorded_at") is not None
    assert row.pop("occurred_at").isoformat() == "2026-12-01T10:00:00+00:00"
    assert row == {
        "subject": b"\xab" * 32,
        "action": "Teade lapse elukohajärgsele lastekaitsele",
        "receiver_code": STAR,
        "receiver_system": "star",
        "receiver_name": None,
        "case_handle": "cd" * 16,
        "state": "withheld",
    }


async def test_d09_each_person_has_a_row(kept: Kept) -> None:
    for number in range(120):
        kept.feed.disclose(subject=f"{number:064x}")
    assert await kept.step() == [120]
    assert len({row["subject"] for row in await kept.rows()}) == 120


async def test_d05_what_hidden_bodies_received_is_kept_and_never_shown(kept: Kept) -> None:
    kept.feed.disclose(PPA)
    kept.feed.disclose(PPA, caseHandle=None)
    await kept.step()
    assert [row["state"] for row in await kept.rows()] == ["never", "never"]


async def test_what_belongs_to_no_case_may_be_shown(kept: Kept) -> None:
    kept.feed.disclose(caseHandle=None)
    await kept.step()
    assert [row["state"] for row in await kept.rows()] == ["released"]


async def test_a_new_worker_goes_on_where_the_last_one_was(kept: Kept) -> None:
    kept.feed.disclose()
    await kept.step()
    kept.feed.disclose()
    assert await kept.step() == [1]
    assert kept.feed.asked == ["None", "0123456789ab.0"]
    assert len(await kept.rows()) == 2


async def test_what_comes_again_changes_nothing_that_was_decided(kept: Kept) -> None:
    kept.feed.disclose()
    await kept.step()
    await kept.world.rows("update data_usage set state = 'released'")
    kept.feed.begin_anew()
    kept.feed.disclose()
    assert await kept.step(3) == [0, 2, 0]
    assert sorted(row["state"] for row in await kept.rows()) == ["released", "withheld"]


async def test_two_workers_keep_a_disclosure_once(kept: Kept) -> None:
    for _ in range(60):
        kept.feed.disclose()
    await asyncio.gather(kept.step(2), kept.step(2))
    assert len(await kept.rows()) == 60


@pytest.mark.parametrize(
    ("mode", "expected"), [("down", UpstreamUnavailable), ("500", UpstreamWrong), ("403", UpstreamWrong)]
)
async def test_without_the_register_nothing_moves(kept: Kept, mode: str, expected: type[Exception]) -> None:
    kept.feed.disclose()
    kept.feed.mode = mode
    with pytest.raises(expected):
        await kept.step()
    kept.feed.mode = "ok"
    assert await kept.step() == [1]


@pytest.mark.parametrize(
    "words",
    [
        {"subject": "48805042711"},
        {"receiverCode": ""},
        {"action": "x" * 101},
        {"occurredAt": "yesterday"},
        {"caseHandle": "TV-1"},
        {"sequence": "0123456789ab.-1"},
    ],
)
async def test_a_disclosure_in_another_form_is_not_kept(kept: Kept, words: dict[str, Any]) -> None:
    kept.feed.disclose()
    kept.feed.disclose(**words)
    with pytest.raises(UpstreamWrong):
        await kept.step()
    assert await kept.rows() == []


async def test_disclosures_out_of_order_are_not_kept(kept: Kept) -> None:
    kept.feed.disclose(sequence="0123456789ab.1")
    kept.feed.disclose(sequence="0123456789ab.0")
    with pytest.raises(UpstreamWrong):
        await kept.step()


async def test_keeping_is_in_the_audit_log(kept: Kept) -> None:
    kept.feed.disclose()
    await kept.step()
    (row,) = await kept.world.rows(
        "select actor, operation, purpose, action, cardinality(objects) from audit"
    )
    assert list(row.values()) == ["worker:disclosures", "apply_disclosure", "accountability", "create", 1]


async def test_what_a_case_has_decided_holds_for_all_that_had_left_and_for_nothing_later(kept: Kept) -> None:
    """Whichever feed is faster; what hidden bodies received stays hidden, and the last decision holds."""

    async def decide(state: str, at: str) -> None:
        kept.world.register.happen("case.usage-decided")
        said = {"subject": "ab" * 32, "caseHandle": "cd" * 16, "state": state, "decidedAt": at}
        kept.world.register.events[-1]["data"] = said
        async with kept.world.opened() as worker:
            await worker._follower.step(0)

    async def states() -> dict[str, str]:
        return {str(row["id"]): str(row["state"]) for row in await kept.rows()}

    known, hidden = kept.feed.disclose(), kept.feed.disclose(PPA)
    other = kept.feed.disclose(subject="ef" * 32)
    await kept.step()
    await decide("released", "2026-12-02T10:00:00Z")
    after = {known: "released", hidden: "never", other: "withheld"}
    assert await states() == after
    slow = kept.feed.disclose(occurredAt="2026-12-02T09:00:00Z")
    later = kept.feed.disclose(occurredAt="2026-12-02T11:00:00Z")
    await kept.step()
    assert await states() == after | {slow: "released", later: "withheld"}
    await decide("withheld", "2026-12-03T10:00:00Z")
    assert set((await states()).values()) == {"withheld", "never"}
    assert len(await kept.world.rows("select * from usage_decision")) == 2
