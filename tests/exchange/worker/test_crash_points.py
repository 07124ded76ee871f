"""The process ends at every named point, before and after each commit and each send; another goes on.

Each point, before and after, of a first delivery and of a repeated one. In the end every message has had one
effect, in order, with the same bytes, its sender was told the truth, and the logs are whole.
"""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.exchange.settings import Settings
from services.kit import driver
from tests.exchange.worker.crashing import (
    QUESTION,
    Crash,
    Process,
    called,
    functions,
    ordinal,
    senders,
    transactions,
)
from tests.exchange.worker.crashstage import SECRET, WITNESS, Stage

ROOT = Path(__file__).parents[3] / "services/exchange"
#: Every commit and send on the way of a message that comes in, and of those that go out because of it; of the
#: questions to the police; of disclosures; and of the logs.
POINTS = (
    "intake._store_all commit",
    "cases.take send",
    "intake._settle_all commit",
    "amendments.take commit",
    "cases.amend send",
    "cases.status send",
    "status.current commit",
    "callouts.ask commit",
    "callouts._try send",
    "callouts.ask commit 2",
    "callouts.ask_call_outs commit",
    "handover._round commit",
    "cases.take_all send",
    "repair.hand_over commit",
    "feed._read commit",
    "feed.after send",
    "feed.notice send",
    "feed._apply commit",
    "delivery.claim commit",
    "delivery.renew commit",
    "delivery.give_back commit",
    "feed.child_notices send",
    "delivery._keep commit",
    "securityserver.send send",
    "delivery._record commit",
    "usage.step commit",
    "disclosures.after send",
    "usage.step commit 2",
    "sequencer.move commit",
    "logtree.grow commit",
    "witness.take send",
    "record._write commit",
)
#: What was fetched once is kept: a message that is sent again does not come there.
ONCE = {"feed.child_notices send", "delivery._keep commit"}
#: In the sequencer and the tree of ``kit``, where each statement is a transaction, or ends one.
OF_KIT = {"sequencer.move commit", "logtree.grow commit"}
#: Transactions and questions that nothing follows from: what they say is asked again, or written by itself.
ASIDE = {
    "depths.measure commit": "reads how much waits, for figures; keeps nothing",
    "flags._counted commit": "a question that was counted and had no answer; it is asked, and counted, again",
    "flags._given_back commit": "the same: without it the quota is one less for the rest of the day",
    "flags.ask commit": "lets the answer out; nothing is kept but its row",
    "flags.flag send": "a question; the register keeps its own record of it, and it is asked again",
    "keys.rewrap_all commit": (
        "wraps keys anew, batch by batch; begun again it leaves alone what was done: see actions/test_keys.py"
    ),
    "receipts.prove commit": "reads",
    "logs.note send": "a checkpoint that a witness is brought; the newest stands for all before it",
    "logs.consistency send": "the same",
    "status.ask commit": "reads; without its audit row, which is all that it keeps, no answer leaves",
    "usage.find commit": "the same",
    "usage.period commit": "the same",
    "usage.alive commit": "the same: a heartbeat is asked anew, and has a row of its own each time",
    "incidents.report commit": "reads whether it was told before; what keeps it is intake._store_all",
    "casework.answer send": "nothing is kept before it; sent again, the register takes it once, by its key",
    "casework.report send": "the same",
    "casework.actions send": "a question",
    "casework._answered commit": "lets the answer out; nothing is kept but its row, and it can be sent again",
    "securityserver.get send": "asks the security server what there is; keeps nothing",
}


@pytest.fixture
async def stage(
    lent_database: Any, keys_folder: Path, golden: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    database = lent_database("exchange")
    settings = Settings(
        database_url=database.url,
        keys=keys_folder,
        gateway_secret=SECRET,
        delivery_first_wait=0.05,
        delivery_longest_wait=0.2,
        pool_size=2,
        witness=WITNESS,
    )
    crash = Crash()
    monkeypatch.setattr(driver, "commit", crash.commits(driver.commit))
    connect = partial(asyncpg.connect, connection_class=crash.connection_class())
    monkeypatch.setattr(asyncpg, "connect", connect)
    admin = await asyncpg.connect(database.admin_url)
    try:
        made = Stage(settings, admin, crash, golden)
        async with made.partners:
            yield made
    finally:
        await admin.close()


async def compare(stage: Stage) -> None:
    """The ledgers of the senders, the register, the exchange and the partners tell the same."""
    rows = await stage.admin.fetch("select * from inbox order by message_id")
    assert [row["state"] for row in rows] == ["handed-over"] * 4
    first, second = (row["reference"] for row in rows if row["about"] is None)
    assert stage.register.taken == {"PV-2017-001203": first, "PV-2": second}
    assert stage.register.amended == {(first, "correction"): 2, (second, "withdrawal"): 1}
    assert dict(stage.told) == {0: {first}, 1: {first}, 2: {second}, 3: {second}}
    outs = {str(row["id"]): row for row in await stage.admin.fetch("select * from outbox")}
    assert len(outs) == 6
    assert {row["state"] for row in outs.values()} == {"delivered"}
    received = (await stage.partners.get("/control/received")).json()["items"]
    children = (await stage.partners.get("/control/children")).json()["items"]
    assert all(one["sameBytes"] for one in received)
    effects = [one for one in received if not one["duplicate"]]
    assert sorted(one["id"] for one in effects) == sorted(
        row_id for row_id, row in outs.items() if row["kind"] == "caseNotice"
    )
    for stream in {row["stream"] for row in outs.values()}:
        places = [outs[one["id"]]["number"] for one in effects if outs[one["id"]]["stream"] == stream]
        assert places == sorted(places)
    assert len({(one["number"], one["version"]) for one in children}) == 2
    assert sum(not one["duplicate"] for one in children) == 2
    logged = await stage.admin.fetch("select what, message_id from message_log where what = 'received'")
    assert {row["message_id"] for row in logged} == {row["message_id"] for row in rows}


async def compare_questions(stage: Stage) -> None:
    """No question left without its row, no answer either; each disclosure is kept once."""
    asked = (await stage.partners.get("/control/callouts")).json()["asked"]
    of = "select count(*) from audit where operation = 'ask_call_outs' and action = $1"
    assert stage.answered <= asked <= await stage.admin.fetchval(of, "send")
    assert stage.answered <= await stage.admin.fetchval(of, "disclose")
    logged = "select count(*) from message_log where convert_from(canonical, 'utf8') like '%getCallouts%'"
    assert stage.answered <= await stage.admin.fetchval(logged) <= await stage.admin.fetchval(of, "send")
    assert await stage.admin.fetchval("select count(*) from data_usage") == 3


async def compare_logs(stage: Stage) -> None:
    """Every row of both logs has one position, dense from 0, is in the tree, and is under a checkpoint.

    That it was only added to was judged by the witness, which refuses all else.
    """
    for name in ("audit", "message_log"):

        async def column(statement: str, name: str = name) -> list[Any]:
            return [row[0] for row in await stage.admin.fetch(statement.replace("%", name))]

        (rows,) = await column("select count(*) from %")
        assert await column("select position from %_position order by position") == list(range(rows))
        assert await column("select place from %_node where level = 0 order by place") == list(range(rows))
        assert await column("select max(size) from %_checkpoint") == [rows]
        assert await column("select count(*) from %_pending") == [0]
    witnessed = "select count(*) from message_log where partner like '%/logwitness' and result = 'delivered'"
    assert await stage.admin.fetchval(witnessed) >= 2


async def to_the_end(stage: Stage) -> None:
    if not await stage.live(stage.all):
        stage.crash.process = Process()
        assert await stage.live(stage.all)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("point", POINTS)
async def test_the_process_ends_there_the_first_time(stage: Stage, point: str, moment: str) -> None:
    """INV-7: at every point change, audit row and messages are there together or not at all."""
    process = stage.crash.process
    process.arm(point, moment)
    await to_the_end(stage)
    assert process.ended.is_set()
    await compare(stage)
    await compare_questions(stage)
    await compare_logs(stage)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("point", [point for point in POINTS if point not in ONCE])
async def test_the_process_ends_there_when_it_comes_again(stage: Stage, point: str, moment: str) -> None:
    assert await stage.live(stage.all)
    await stage.again()
    process = stage.crash.process = Process()
    process.arm(point, moment)
    await to_the_end(stage)
    assert process.ended.is_set()
    await compare(stage)
    await compare_questions(stage)
    await compare_logs(stage)


def test_no_commit_and_no_send_is_without_a_named_point() -> None:
    """Whoever adds a transaction or a question adds its point, or says why nothing follows from it."""
    found = {*OF_KIT, f"{QUESTION} send"}
    for path in (*(ROOT / "actions").glob("*.py"), *(ROOT / "routes").glob("*.py")):
        for function in functions(path):
            name = f"{path.stem}.{function.name}"
            count = len(list(transactions(function)))
            found |= {f"{name} commit{ordinal(number)}" for number in range(1, count + 1)}
    for path in (ROOT / "outbound").glob("*.py"):
        found |= {f"{path.stem}.{name} send" for name in senders(path) if not name.startswith("_")}
    assert found == {*POINTS, *ASIDE}


def test_nobody_else_commits_or_sends() -> None:
    rooms = [path for path in ROOT.rglob("*.py") if path.parent.name not in {"actions", "outbound"}]
    for path in rooms:
        for function in functions(path):
            assert not called(function) & {"commit", "_ask", "_try"}, f"{path.name}: {function.name}"
            if f"{path.stem}.{function.name} commit" not in {*POINTS, *ASIDE}:
                assert not list(transactions(function)), f"{path.name}: {function.name}"
