"""A running system's logs, taken out and verified as an auditor does."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from typer.testing import CliRunner

from services.kit import checkpoint, keys, merkle
from services.kit.checkpoint import VerifierKey
from system import cli
from tests.system import asking
from tests.system.letters import Pen
from tests.system.running import Running

CLIENTS = {"polis": "ee-dev/GOV/70008747/polis", "star": "ee-dev/GOV/70009770/star"}
LOGS = [("cases", "audit"), ("exchange", "audit"), ("exchange", "message-log"), ("indicators", "audit")]


def told(*asked: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, list(asked))
    return done.exit_code, done.output


def test_the_key_of_a_log_is_told_from_the_key_files(tmp_path: Path) -> None:
    keys.ensure(tmp_path / "keys")
    asked = ("log", "key", "exchange", "--data", str(tmp_path), "--epoch", "0123456789ab")
    status, key = told(*asked, "--log", "message-log")
    assert status == 0
    assert key.startswith("turvavork/exchange/message-log/0123456789ab+")
    assert told(*asked)[1].startswith("turvavork/exchange/audit/0123456789ab+")
    status, reason = told(*asked[:-1], "not an epoch")
    assert (status, reason.startswith("There is no such key")) == (1, True)


def test_a_new_epoch_is_begun_by_the_owner(kit_database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURVAVORK_CASES_OWNER_DATABASE_URL", kit_database.admin_url)
    status, said = told("log", "begin-epoch", "cases", "--reason", "the backup of Monday")
    assert status == 0, said

    async def epochs() -> list[Any]:
        connection = await asyncpg.connect(kit_database.admin_url)
        try:
            return list(await connection.fetch("select epoch, reason from log_epoch order by number"))
        finally:
            await connection.close()

    first, second = asyncio.run(epochs())
    assert first["epoch"] != second["epoch"]
    assert second["reason"] == "the backup of Monday"
    assert second["epoch"] in said


def test_who_is_not_there_cannot_be_verified(tmp_path: Path) -> None:
    keys.ensure(tmp_path / "keys")
    _, key = told("log", "key", "cases", "--data", str(tmp_path), "--epoch", "0123456789ab")
    status, reason = told("verify", "http://127.0.0.1:1/api/cases/v1/log/audit", "--key", key.strip())
    assert status == 1
    assert "cannot be reached" in reason
    status, reason = told("verify", str(tmp_path / "none.jsonl"), "--key", key.strip())
    assert status == 1


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A whole system with a witness: a folder of somebody else's."""
    folder = tmp_path_factory.mktemp("evidence")
    whole = Running(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TURVAVORK_WITNESS_FOLDER", str(folder / "witness"))
        try:
            whole.start()
            yield whole
        finally:
            whole.stop()
            whole.remove()


def witness_of(running: Running, service: str, log: str) -> Path:
    """The witness's copy, once it was brought: by the worker, soon after the first checkpoint."""
    until = time.monotonic() + 30
    while not (found := [*(running.data.parent / "witness").glob(f"turvavork-{service}-{log}-*.jsonl")]):
        assert time.monotonic() < until
        time.sleep(0.2)
    (copy,) = found
    return copy


def key_of(running: Running, service: str, log: str) -> str:
    """As an installation tells it: from the key files, for the epoch that the witness's copy names."""
    epoch = witness_of(running, service, log).stem.rpartition("-")[2]
    return running.run("log", "key", service, "--log", log, "--epoch", epoch).strip()


async def proven(running: Running, receipt: str) -> Mapping[str, Any]:
    """The proof for a receipt, once its checkpoint is signed: that takes a second at the most."""
    async with running.member("auditor", purpose="accountability") as auditor, asyncio.timeout(20):
        while True:
            answer = await auditor.get("/api/exchange/v1/log/message-log/inclusion", params={"leaf": receipt})
            if answer.status_code == 200:
                return dict(answer.json())
            await asyncio.sleep(0.1)


async def asked_over_xroad(running: Running, client: str, receipt: str) -> httpx.Response:
    """What the holder of a receipt asks through its own security server."""
    headers = {"X-Road-Client": client, "X-Road-Id": str(uuid4())}
    async with httpx.AsyncClient(base_url=running.xroad, headers=headers, trust_env=False) as http:
        return await http.get(f"/xroad/rest/marac/v1/receipts/{receipt}")


@pytest.mark.slow
@pytest.mark.xdist_group("system")
async def test_receipts_are_proven_and_what_is_changed_is_named(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pen = Pen(20180701, "E")
    for partner in ("polis", "star"):
        receipt = (await asking.told(running, pen.letter(partner, **pen.referral(minor=False))))["receipt"]
        proof = await proven(running, receipt)
        key = VerifierKey.parse(key_of(running, "exchange", "message-log"))
        head = checkpoint.verify(proof["note"].encode(), key)
        path = [bytes.fromhex(each) for each in proof["path"]]
        merkle.verify_inclusion(proof["index"], head.size, bytes.fromhex(receipt), path, head.root)
        own, others = CLIENTS[partner], CLIENTS["star" if partner == "polis" else "polis"]
        assert (await asked_over_xroad(running, others, receipt)).status_code == 404
        kept = tmp_path / f"{partner}.json"
        kept.write_bytes((await asked_over_xroad(running, own, receipt)).content)
        status, said = told("verify", str(kept), "--receipt", receipt, "--key", str(key))
        assert (status, f"the receipt is entry {proof['index']} of" in said) == (0, True), said

    monkeypatch.setenv("TURVAVORK_TOKEN", running.token("auditor"))
    await asyncio.sleep(1.5)  # the witness has it by then
    for service, log in LOGS:
        address = f"{running.api}/api/{service}/v1/log/{log}"
        rest = ("--key", key_of(running, service, log), "--witness", str(witness_of(running, service, log)))
        status, said = told("verify", address, *rest)
        assert status == 0, said
        assert "Nothing was changed" in said
        exported = str(tmp_path / f"{service}-{log}.jsonl")
        assert told("log", "export", address, exported)[0] == 0
        assert told("verify", exported, *rest)[0] == 0

    async with running.database("exchange") as database:
        await database.execute(
            "update message_log set salt = sha256('x'), canonical = '{}',"
            " leaf = sha256('\\x00'::bytea || sha256('x') || '{}') where leaf = $1",
            bytes.fromhex(receipt),
        )
    address = f"{running.api}/api/exchange/v1/log/message-log"
    rest = ("--key", str(key), "--witness", str(witness_of(running, "exchange", "message-log")))
    status, said = told("verify", address, *rest)
    assert (status, "First bad index" in said) == (1, True), said
