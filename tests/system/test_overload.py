"""Two clients before a small exchange, over HTTP on loopback; one sends three times what it can take.

The other's messages are all taken; the flood's surplus is told to come again, each in the right words; what
was acknowledged is there, and nothing else.
"""

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import structlog
import uvicorn

from services.exchange.app import create_app
from services.exchange.settings import Settings
from services.kit import keys
from tests.system.letters import Letter, Pen
from tests.system.senders import Refused, Unanswered, receipt_of

SECRET = "a-secret-of-tests-1"
PLACES, LINE = 2, 4
FLOOD = 3 * (PLACES + LINE)  # messages under way at once
EACH, OTHERS = 6, 12
OVERLOADED = {"star": 503, "polis": 500}


@dataclass
class Client:
    """What one client was told."""

    partner: str
    taken: dict[str, str] = field(default_factory=dict)
    refused: Counter[int] = field(default_factory=Counter)

    async def send(self, http: httpx.AsyncClient, letter: Letter) -> None:
        answer = await http.post(letter.path, content=letter.body, headers=letter.headers)
        try:
            self.taken[letter.message_id] = receipt_of(letter, answer).reference
        except (Unanswered, Refused):
            self.refused[answer.status_code] += 1
            assert answer.status_code == OVERLOADED[self.partner], answer.text
            if self.partner == "star":
                assert answer.headers["retry-after"] == "1"
                assert answer.json()["type"] == "urn:turvavork:problem:overloaded"
            else:
                assert "Server.overloaded" in answer.text
                assert answer.headers["content-type"].startswith("text/xml")


@pytest.fixture
def small(service_database: Any, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """An exchange with few places: its address, and its database for the superuser."""
    database = service_database("exchange")
    keys.ensure(tmp_path)
    own = Settings(
        database_url=database.url,
        keys=tmp_path,
        gateway_secret=SECRET,
        hand_over="deferred",
        intake_places=PLACES,
        intake_queue=LINE,
        intake_patience=5,
    )
    with socket.socket() as listener, structlog.testing.capture_logs():
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(own), log_config=None, access_log=False, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", database.admin_url
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize(("flooding", "patient"), [("star", "polis"), ("polis", "star")])
async def test_a_flood_pushes_out_itself(small: tuple[str, str], flooding: str, patient: str) -> None:
    """INV-18: what is surplus is refused honestly, and a patient client is served."""
    url, admin_url = small
    pen, flood, other = Pen(7), Client(flooding), Client(patient)

    async def pour(http: httpx.AsyncClient) -> None:
        for _ in range(EACH):
            await flood.send(http, pen.letter(flooding))

    limits = httpx.Limits(max_connections=FLOOD + 1)
    headers = {"X-Turvavork-Gateway": SECRET}
    async with (
        httpx.AsyncClient(base_url=url, headers=headers, timeout=30, limits=limits, trust_env=False) as http,
        asyncio.TaskGroup() as tasks,
    ):
        for _ in range(FLOOD):
            tasks.create_task(pour(http))
        for _ in range(OTHERS):
            await other.send(http, pen.letter(patient))
    assert (len(other.taken), other.refused.total()) == (OTHERS, 0)
    assert flood.refused[OVERLOADED[flooding]] > 0
    assert len(flood.taken) + flood.refused.total() == FLOOD * EACH
    assert await kept(admin_url) == flood.taken | other.taken


async def kept(admin_url: str) -> dict[str, str]:
    """What is in the inbox, acknowledged: the reference of each message by its id."""
    connection = await asyncpg.connect(admin_url)
    try:
        rows = await connection.fetch("select * from inbox")
    finally:
        await connection.close()
    assert all(row["acknowledged_at"] is not None and row["state"] == "received" for row in rows)
    return {row["message_id"]: row["reference"] for row in rows}
