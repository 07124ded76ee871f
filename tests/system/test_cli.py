"""The `turvavork` command as far as it needs no running system."""

import asyncio
import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from services.kit.clock import SystemClock
from services.kit.policy import subject_kind
from services.kit.tokens import TokenVerifier
from system import cli, environment, state
from system.databases import STATEFUL
from system.environment import Layout
from system.gateway import Doors
from system.postgres import Cluster
from system.state import InUseError

COMMANDS = {
    "up",
    "demo",
    "token",
    "status",
    "openapi",
    "migrate",
    "seed",
    "found",
    "serve",
    "work",
    "simulate",
    "keys",
    "messages",
    "xroad",
    "verify",
    "verify-package",
}


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    for name in [name for name in os.environ if name.startswith("TURVAVORK_")]:
        monkeypatch.delenv(name)
    return CliRunner()


def test_help_lists_every_command(runner: CliRunner) -> None:
    shown = runner.invoke(cli.app, ["--help"]).output
    assert {name for name in COMMANDS if re.search(rf"^│ {name} ", shown, re.MULTILINE)} == COMMANDS


@pytest.mark.parametrize("option", ["--port", "--xroad-port", "--data", "--tls"])
def test_the_help_of_up_tells_options_and_variables(runner: CliRunner, option: str) -> None:
    shown = runner.invoke(cli.app, ["up", "--help"]).output
    assert option in shown
    assert "TURVAVORK_" + option.strip("-").replace("-", "_").upper() in shown


def test_the_command_starts_without_the_heavy_libraries() -> None:
    """`serve` in a container and `--help` at a desk are quick."""
    heavy = "fastapi sqlalchemy uvicorn zeep alembic httpx"
    probe = f"import sys, system.cli; print([name for name in {heavy.split()} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "[]"


async def test_a_token_is_good_for_the_services_of_this_data_folder(
    runner: CliRunner, tmp_path: Path
) -> None:
    assert runner.invoke(cli.app, ["keys", "--data", str(tmp_path)]).exit_code == 0
    asked = ["token", "--role", "coordinator", "--region", "polva", "--data", str(tmp_path)]
    token = runner.invoke(cli.app, asked).output.strip()
    verifier = TokenVerifier.from_keys("cases", tmp_path / "keys", SystemClock(), development=True)
    identity = await verifier.verify(token)
    assert identity.subject == "dev:coordinator:polva:"
    assert subject_kind(identity.subject) == "member"


def test_without_keys_a_token_is_refused_in_a_sentence(runner: CliRunner, tmp_path: Path) -> None:
    refused = runner.invoke(cli.app, ["token", "--role", "coordinator", "--data", str(tmp_path)])
    assert refused.exit_code == 1
    assert "turvavork up" in refused.output
    assert "Traceback" not in refused.output


def test_migrate_makes_databases_of_another_postgresql(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With addresses from the environment, and one of them from a file, as container engines give secrets."""
    with Cluster.temporary() as cluster:
        url = f"postgresql://cases_{{}}:word@127.0.0.1:{cluster.port}/cases"
        (tmp_path / "turvavork_cases_owner_database_url").write_text(url.format("owner") + "\n")
        monkeypatch.setenv("TURVAVORK_SECRETS", str(tmp_path))
        monkeypatch.setenv("TURVAVORK_CASES_DATABASE_URL", url.format("app"))
        monkeypatch.setenv("TURVAVORK_CASES_AUDITOR_DATABASE_URL", url.format("auditor"))
        monkeypatch.setenv("TURVAVORK_POSTGRES_ADMIN_URL", cluster.admin_url)
        for _ in range(2):
            with ThreadPoolExecutor(1) as apart:
                done = apart.submit(runner.invoke, cli.app, ["migrate", "cases"]).result()
            assert (done.exit_code, done.output) == (0, "cases: migrated\n")
        assert _ask(url.format("app"), "SELECT count(*) FROM alembic_version") == 1


def _ask(url: str, query: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as apart:
        return apart.submit(lambda: asyncio.run(run())).result()


class FakeCluster:
    def url(self, database: str, role: str) -> str:
        return f"postgresql://{role}:word@127.0.0.1:1/{database}"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path, Doors(8480, 8481), None)


def test_each_service_is_told_its_own_database_and_secret_alone(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TURVAVORK_POSTGRES_ADMIN_URL", "postgresql://postgres:admin@x/y")
    for service in ("cases", "riskscore", "exchange", "indicators"):
        told = environment.of_service(service, layout, FakeCluster())  # type: ignore[arg-type]
        expected = {f"TURVAVORK_{service.upper()}_DATABASE_URL"} if service in STATEFUL else set()
        assert {name for name in told if name.endswith("_DATABASE_URL")} == expected
        assert ("TURVAVORK_EXCHANGE_GATEWAY_SECRET" in told) == (service == "exchange")
        assert not [value for value in told.values() if "admin" in value]
        assert told.get(f"TURVAVORK_{service.upper()}_DATABASE_URL", "_app:").count("_app:") == 1


def test_a_database_from_the_environment_wins(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURVAVORK_CASES_DATABASE_URL", "postgresql://elsewhere/cases")
    told = environment.of_service("cases", layout, FakeCluster())  # type: ignore[arg-type]
    assert told["TURVAVORK_CASES_DATABASE_URL"] == "postgresql://elsewhere/cases"
    assert environment.database_url("cases", "owner", FakeCluster()) is None  # type: ignore[arg-type]


def test_two_layouts_share_neither_ports_nor_secret(tmp_path: Path) -> None:
    one, two = (Layout(tmp_path, Doors(1, 2), None) for _ in range(2))
    assert not set(one.ports.values()) & set(two.ports.values())
    assert one.secret != two.secret
    assert one.secret not in repr(one)


@contextlib.contextmanager
def _holding(data: Path) -> Iterator[None]:
    """Another process holds the folder: a lock is a process's own."""
    hold = "import sys; from pathlib import Path; from system import state\n"
    hold += "with state.only_one(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", hold, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield
    finally:
        process.communicate("")


def test_a_data_folder_is_for_one(tmp_path: Path) -> None:
    note = state.RunState(pid=1, api="a", xroad="x", authority=None, programs=[])
    with _holding(tmp_path):
        state.write(tmp_path, note)
        assert state.read(tmp_path) == note
        with pytest.raises(InUseError, match="choose another folder with --data"), state.only_one(tmp_path):
            pass
    assert state.read(tmp_path) is None, "a note without a running system is nobody's"
    with state.only_one(tmp_path):
        pass


def test_a_code_that_is_none_founds_nothing_and_is_not_repeated(runner: CliRunner) -> None:
    done = runner.invoke(cli.app, ["found"], input="12345678901\n38501170364\n")
    assert done.exit_code == 1
    assert "12345678901" not in done.output
    assert "Traceback" not in done.output
