"""`turvavork messages` before a running exchange, over HTTP on loopback."""

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import structlog
import uvicorn
from click.testing import Result
from typer.testing import CliRunner

from services.exchange.app import create_app
from services.exchange.model.outbox import Rendered
from services.exchange.settings import Settings
from services.kit import keys
from services.kit.calendar import parse_instant
from services.kit.clock import SystemClock
from services.kit.policy import Appointment
from services.kit.tokens import AccessTokenIssuer
from services.kit.tokens.signing import DEVELOPMENT_ISSUER
from system import api, cli

POLIS = "ee-dev/GOV/70008747/polis"
REFERENCE = "TV-0123-4567-89AB-CDEF-0"
BODY = b"<x>\x1b[2J</x>"


class Offices:
    """The subject of a token is the role."""

    async def of(self, identity: Any) -> tuple[Appointment, ...]:
        return (Appointment(identity.subject),)


@dataclass
class Night:
    """An operator's terminal, and the exchange that is asked."""

    url: str
    admin_url: str
    app: Any
    issuer: AccessTokenIssuer

    def run(
        self, *words: str, role: str = "operator", typed: str | None = None, **environment: str
    ) -> Result:
        told = {"TURVAVORK_API_URL": self.url, "TURVAVORK_TOKEN": self.issuer.issue(role), **environment}
        line = ["messages", *words]
        result = CliRunner().invoke(cli.app, line, env=told, input=typed)
        assert result.exit_code in (0, 1, 2), result.exception
        assert "Traceback" not in result.output
        return result

    def told(self, *words: str, **how: Any) -> Any:
        """The JSON that it prints."""
        result = self.run(*words, "--json", **how)
        assert result.exit_code == 0, result.output
        return json.loads(result.output)

    def refused(self, *words: str, **how: Any) -> str:
        result = self.run(*words, **how)
        assert result.exit_code == 1, result.output
        return result.output

    def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        async def ask() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(self.admin_url)
            try:
                return [dict(row) for row in await connection.fetch(query, *arguments)]
            finally:
                await connection.close()

        with ThreadPoolExecutor(1) as apart:
            return apart.submit(asyncio.run, ask()).result()

    def put(self, reason: str = "partner-failed", code: str = "server.x") -> str:
        """A message to POLIS that waits for a person; its id."""
        message, stream = uuid4(), uuid4()
        rendered = Rendered("soap", "POST", "/", "text/xml", BODY)
        sealed = self.app.state.originals._bodies.seal(message, rendered).sealed
        self.rows(
            """insert into outbox_queue (partner, stream, next_number, head, state)
               values ($1, $2, 2, 1, 'blocked')""",
            POLIS, stream,
        )  # fmt: skip
        self.rows(
            """insert into outbox (id, event_id, partner, stream, number, kind, reference, state, reason,
                   code, tries, created_at, protocol, method, target, content_type, digest, key_id,
                   key_wrapped, body_sealed)
               values ($1, $2, $3, $4, 1, 'caseNotice', $5, 'quarantined', $6, $7, 1, now(),
                   'soap', 'POST', '/', 'text/xml', $8, $9, $10, $11)""",
            message, uuid4(), POLIS, stream, REFERENCE, reason, code,
            sealed.digest, sealed.key_id, sealed.key_wrapped, sealed.body,
        )  # fmt: skip
        self.rows(
            """insert into outbox_try
                   (message_id, number, ended_at, duration_ms, outcome, origin, code, fence)
               values ($1, 1, now(), 12, 'quarantined', 'partner', $2, 1)""",
            message, code,
        )  # fmt: skip
        return str(message)


@pytest.fixture(scope="module")
def night(service_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    folder, database = tmp_path_factory.mktemp("keys"), service_database("exchange")
    keys.ensure(folder)
    own = Settings(
        database_url=database.url, keys=folder, gateway_secret="a-secret-of-tests-1", development=True
    )
    app = create_app(own)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        app.state.appointments = Offices()
        issuer = AccessTokenIssuer(DEVELOPMENT_ISSUER, keys.load_issuer(folder, "development"))
        yield Night(f"http://127.0.0.1:{listener.getsockname()[1]}", database.admin_url, app, issuer)
        server.should_exit = True
        thread.join()


@pytest.fixture(autouse=True)
def empty(night: Night) -> Iterator[None]:
    """Nothing is there, and what the service logs in this process is no output of the command."""
    for table in ("outbox_try_uncounted", "outbox_try", "outbox", "outbox_queue", "partner_pause"):
        night.rows(f"delete from {table}")  # noqa: S608 - names of ours
    with structlog.testing.capture_logs():
        yield


def test_what_waits_is_found_and_its_reason_is_told_in_words(night: Night) -> None:
    message, other = night.put(), night.put(reason="access-denied")
    listed = night.run("list", "--state", "quarantined", "--partner", "polis", "--from", "1h")
    lines = listed.output.splitlines()
    assert len(lines) == 3
    assert re.split(r"  +", lines[0])[:4] == ["at", "way", "partner", "kind"]
    assert [one["id"] for one in night.told("list", "--reason", "access-denied")] == [other]
    assert [one["id"] for one in night.told("list", "--id", message)] == [message]
    for language, word in (("en", "partner"), ("et", "artner"), ("ru", "артн")):
        shown = night.run("--language", language, "show", message).output
        assert word in shown
        assert "try 1" in shown
        assert "partner server.x" in shown
    assert night.told("show", message)["history"][0]["durationMs"] == 12


def test_lists_go_on_beyond_a_page(night: Night) -> None:
    for _ in range(3):
        night.put()
    assert len(night.told("list", "--most", "2")) == 2
    assert len(night.told("list")) == 3


def test_one_is_sent_again_and_another_skipped(night: Night) -> None:
    again, never = night.put(), night.put()
    assert night.told("redrive", again)["state"] == "waiting"
    assert night.told("skip", never, "--reason", "told-otherwise")["state"] == "skipped"
    assert "message-not-put-aside" in night.refused("redrive", again)


def test_many_are_counted_before_they_are_sent_again(night: Night) -> None:
    for _ in range(3):
        night.put()
    night.put(reason="access-denied")
    wanted = ("redrive-all", "--partner", "polis", "--reason", "partner-failed")
    waiting = "select count(*) from outbox where state = 'waiting'"
    assert "3 wait for a person; 3 would be sent again." in night.run(*wanted, "--dry-run").output
    assert night.run(*wanted, typed="n\n").exit_code == 1
    assert night.rows(waiting) == [{"count": 0}]
    assert "2 are sent again." in night.run(*wanted, "--most", "2", typed="y\n").output
    assert "1 are sent again." in night.run(*wanted, "--yes").output
    assert night.run(*wanted).output.startswith("0 wait")
    assert night.rows(waiting) == [{"count": 3}]


def test_a_partner_is_paused_and_resumed_by_its_short_name(night: Night) -> None:
    assert night.run("pause", "polis", "--reason", "partner-asked").output.startswith(f"{POLIS} is paused")
    assert "partner-already-paused" in night.refused("pause", POLIS, "--reason", "partner-asked")
    assert "PAUSED" in night.run("stats").output
    assert "asked us" in night.run("pauses").output
    assert night.run("resume", "polis").output == f"{POLIS} is sent messages again.\n"
    assert night.refused("resume", "polis") == f"{POLIS} is not paused.\n"
    assert [one["state"] for one in night.told("pauses")] == ["ended"]
    assert "ours are: " + POLIS in night.refused("pause", "nobody", "--reason", "partner-asked")


def test_figures_are_shown_by_partner_with_what_failed(night: Night) -> None:
    night.put()
    shown = night.run("stats", "--from", "2h").output
    assert re.search(rf"^{POLIS} +0 +0 +1 +0 +- +- +1$", shown, re.MULTILINE)
    assert re.search(rf"^{POLIS}  partner  server.x  1$", shown, re.MULTILINE)
    report = night.told("stats", "--from", "2017-05-04T12:00:00Z", "--to", "2017-05-05T15:00:00+03:00")
    assert (report["since"], report["until"]) == ("2017-05-04T12:00:00Z", "2017-05-05T12:00:00Z")


def test_an_auditor_saves_the_bytes_to_a_new_file_of_her_own(night: Night, tmp_path: Path) -> None:
    message, target = night.put(), tmp_path / "message"
    assert night.run("raw", message, "--output", str(target), role="auditor").exit_code == 0
    assert target.read_bytes() == BODY
    assert target.stat().st_mode & 0o777 == 0o600
    assert "name a new file" in night.refused("raw", message, "--output", str(target), role="auditor")
    assert "403" in night.refused("raw", message, "--output", str(tmp_path / "no"))
    assert not (tmp_path / "no").exists()


def test_what_is_wrong_is_told_in_a_sentence(night: Night) -> None:
    assert "TURVAVORK_TOKEN" in night.refused("list", TURVAVORK_TOKEN="")
    assert "older than 15 minutes" in night.refused("list", TURVAVORK_TOKEN="x")
    told = night.refused("show", str(UUID(int=0)))
    assert told.startswith("Refused: Not found (404 not-found)\n")
    assert re.search(r"In the log: request [0-9a-f-]{36}", told)
    assert "Ei leitud" in night.refused("show", str(UUID(int=0)), TURVAVORK_LANGUAGE="et")
    assert "query:state" in night.refused("list", "--state", "lost")
    assert "30m, 2h or 7d ago" in night.refused("list", "--from", "yesterday")
    assert "403" in night.refused("list", role="coordinator")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        assert "does not answer" in night.refused("list", TURVAVORK_API_URL=closed)


def test_nothing_that_moves_a_terminal_is_printed(night: Night) -> None:
    message = night.put(code="server.\x1b[2J")
    for words in (("show", message), ("stats",), ("list",)):
        assert "\x1b" not in night.run(*words).output


@pytest.mark.parametrize(
    ("text", "seconds"), [("30m", 1800), ("2h", 7200), ("7d", 604800), ("2017-05-04T15:00:00+03:00", None)]
)
def test_a_time_is_ago_or_an_instant(text: str, seconds: int | None) -> None:
    told = api.moment(text)
    if seconds is None:
        assert told == "2017-05-04T12:00:00Z"
        return
    assert abs((SystemClock().now() - parse_instant(told)).total_seconds() - seconds) < 60
