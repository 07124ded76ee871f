"""`turvavork xroad` against the simulated security server, over HTTP on loopback."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import structlog
import uvicorn
import yaml
from click.testing import Result
from lxml import etree
from starlette.applications import Starlette
from typer.testing import CliRunner

from services.kit import log
from system import cli
from system.securityserver import partners
from system.securityserver.app import create_app

POLIS_SERVICE = f"{partners.POLIS}/caseNotice/v1"
CALLOUTS_SERVICE = f"{partners.POLIS}/getCallouts/v1"
STAR_SERVICE = f"{partners.STAR}/caseNotice"


@dataclass
class Desk:
    """An administrator's terminal, and the simulator that is asked."""

    app: Starlette
    url: str

    def run(self, *words: str, **environment: str) -> Result:
        """In a thread of its own: the command starts an event loop."""
        told = {"TURVAVORK_EXCHANGE_SECURITY_SERVER_URL": self.url, **environment}
        with ThreadPoolExecutor(1) as apart:
            return apart.submit(CliRunner().invoke, cli.app, ["xroad", *words], env=told).result()


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command configures the log of its process, which here is that of all tests."""
    levels: list[str] = []
    monkeypatch.setattr(log, "configure", lambda _service, level: levels.append(level))
    with structlog.testing.capture_logs():
        yield
    assert set(levels) <= {"error"}


@pytest.fixture
def desk() -> Iterator[Desk]:
    app = create_app(client=httpx.AsyncClient())
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield Desk(app, f"http://127.0.0.1:{listener.getsockname()[1]}")
        server.should_exit = True
        thread.join()


def lines(result: Result) -> list[list[str]]:
    assert result.exit_code == 0, result.output
    return [line.split("  ") for line in result.output.splitlines()]


def test_members_are_listed_with_their_names(desk: Desk) -> None:
    told = [[cell for cell in line if cell] for line in lines(desk.run("clients"))]
    assert [partners.POLIS, "POLIS"] in told
    assert len(told) == 3
    assert desk.run("clients", "--instance", "EE").output == ""


@pytest.mark.parametrize("asked", [partners.POLIS, POLIS_SERVICE])
def test_services_of_a_provider_are_listed(desk: Desk, asked: str) -> None:
    assert lines(desk.run("methods", asked)) == [
        ["SOAP", POLIS_SERVICE],
        ["SOAP", f"{partners.POLIS}/heartbeat/v1"],
        ["SOAP", CALLOUTS_SERVICE],
    ]
    assert lines(desk.run("allowed", asked)) == [["SOAP", POLIS_SERVICE], ["SOAP", CALLOUTS_SERVICE]]


def test_rest_services_are_listed_with_their_endpoints(desk: Desk) -> None:
    told = [[cell.strip() for cell in line if cell] for line in lines(desk.run("allowed", partners.STAR))]
    assert told == [
        ["OPENAPI", STAR_SERVICE, "POST /v1/notices"],
        ["OPENAPI", f"{partners.STAR}/submitChildNotice", "POST /v1/child-notices"],
    ]


def test_descriptions_are_printed_as_they_came(desk: Desk) -> None:
    wsdl = desk.run("wsdl", POLIS_SERVICE)
    assert etree.fromstring(wsdl.stdout_bytes).get("targetNamespace") == "http://polis.x-road.eu/producer"
    openapi = desk.run("openapi", STAR_SERVICE)
    assert list(yaml.safe_load(openapi.stdout)["paths"]) == ["/v1/notices"]


def test_partners_that_offer_what_we_need_are_well(desk: Desk) -> None:
    result = desk.run("check")
    assert result.exit_code == 0, result.output
    assert "MISSING" not in result.output
    head, *rows = result.output.splitlines()
    assert head.split() == ["service", "what", "needed", "offered"]
    assert len(rows) == 22
    assert {row.split()[0] for row in rows} >= {f"{partners.POLIS}/getCallouts.v1"}
    assert all(row.endswith("  ok") for row in rows)


def test_one_partner_is_checked_alone(desk: Desk) -> None:
    desk.app.state.services[0].allowed = False
    assert desk.run("check", "star").exit_code == 0
    assert desk.run("check").exit_code == 1
    result = desk.run("check", "polis")
    assert result.exit_code == 1
    (row,) = [line.split() for line in result.output.splitlines() if "MISSING" in line]
    assert row == [f"{partners.POLIS}/caseNotice.v1", "allowed", "to", "us", "yes", "-", "MISSING"]


def test_what_differs_in_a_wsdl_is_shown(desk: Desk) -> None:
    service = desk.app.state.services[0]
    service.description = service.description.replace(
        b"version>v1", b"version>v2\x1b[31m".replace(b"\x1b", b"&#x85;")
    )
    result = desk.run("check", "polis")
    assert result.exit_code == 1
    (row,) = [line.split() for line in result.output.splitlines() if "MISSING" in line]
    assert row[1:] == ["version", "v1", "v2?[31m", "MISSING"]


def test_nothing_that_moves_a_terminal_is_passed_on(desk: Desk) -> None:
    service = desk.app.state.services[2]
    service.endpoints = [("GET", "/\x1b[2J\r\n")]
    cells = [cell.strip() for cell in lines(desk.run("methods", partners.STAR))[0] if cell]
    assert cells == ["OPENAPI", STAR_SERVICE, "GET /?[2J??"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["methods", "ee-dev/GOV/1/nobody"], "server.clientproxy.unknown_member"),
        (["wsdl", f"{partners.POLIS}/other"], "unknown_service"),
        (["openapi", f"{partners.STAR}/heartbeat"], "unknown_service"),
        (["methods", "ee-dev/GOV"], "an X-Road client looks like"),
        (["wsdl", partners.POLIS], "a service looks like"),
        (["openapi", "ee-dev/GOV/1//a"], "a service looks like"),
    ],
)
def test_what_is_not_to_be_had_is_told_in_a_line(desk: Desk, words: list[str], told: str) -> None:
    result = desk.run(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_security_server_that_is_not_there_is_told_in_a_line() -> None:
    result = Desk(Starlette(), "http://127.0.0.1:1").run("check")
    assert (result.exit_code, result.output) == (1, "No answer (transport: connection).\n")


def test_a_setting_that_is_wrong_is_told(desk: Desk, tmp_path: Path) -> None:
    for settings in (
        {"TURVAVORK_EXCHANGE_SECURITY_SERVER_AUTHORITY": str(tmp_path / "none.pem")},
        {"TURVAVORK_EXCHANGE_XROAD_INSTANCE": "ee-other"},
    ):
        result = desk.run("clients", **settings)
        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr.strip()


def test_our_instance_is_a_setting(desk: Desk) -> None:
    result = desk.run("methods", partners.POLIS, TURVAVORK_EXCHANGE_XROAD_INSTANCE="ee-test")
    assert result.exit_code == 1
    assert "unknown_member" in result.stderr


def test_the_help_lists_the_commands() -> None:
    shown = CliRunner().invoke(cli.app, ["xroad", "--help"]).output
    for name in ("clients", "methods", "allowed", "wsdl", "openapi", "check"):
        assert f" {name} " in shown, json.dumps(shown)
