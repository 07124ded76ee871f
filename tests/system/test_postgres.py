"""The embedded PostgreSQL: safe settings, and whatever an earlier run left behind."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from system import pghome, pgrepair
from system.databases import passwords_in, prepare, role_names
from system.pghome import PostgresError
from system.ports import reserve
from system.postgres import Cluster

AS_ROOT = os.geteuid() == 0
pytestmark = pytest.mark.xdist_group("postgres")  # one server for all of them


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster") / "postgres")
    with made:
        yield made
    made.remove()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "postgres"
    if (tmp_path / "postgres" / "identity").exists():
        left = Cluster(tmp_path / "postgres")
        left._home = pghome.locate(tmp_path / "postgres")
        left.remove()


def ask(url: str, query: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(url, timeout=5)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return _apart(run)


def _apart(work: object) -> object:
    """The session's event loop may run already in this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()  # type: ignore[operator]


SAFE = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "data_checksums": "on",
    "password_encryption": "scram-sha-256",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "log_statement": "none",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
    "server_encoding": "UTF8",
    "TimeZone": "UTC",
}


def test_it_is_postgresql_18_with_safe_settings(cluster: Cluster) -> None:
    assert int(str(ask(cluster.admin_url, "SHOW server_version_num"))) // 10000 == 18
    assert {name: ask(cluster.admin_url, f"SHOW {name}") for name in SAFE} == SAFE
    locale = "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'postgres'"
    assert ask(cluster.admin_url, locale) == "bC.UTF-8"


def test_nobody_comes_in_without_the_password(cluster: Cluster) -> None:
    wrong = cluster.admin_url.replace(cluster.passwords.of("postgres"), "wrong")
    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(wrong, "SELECT 1")
    assert (cluster.folder / "passwords.json").stat().st_mode & 0o777 == 0o600


def test_values_of_failed_statements_are_not_logged(cluster: Cluster) -> None:
    for statement in (
        "SELECT 'secretvalue'::uuid",
        "SELECT secretvalue",
        "DO $$BEGIN RAISE 'secretvalue'; END$$",
    ):
        with pytest.raises(asyncpg.PostgresError):
            ask(cluster.admin_url, statement)
    assert "secretvalue" not in cluster.log.read_text()


@pytest.mark.skipif(not AS_ROOT, reason="only root must step down")
def test_started_by_root_it_runs_as_nobody_outside_the_clone(cluster: Cluster) -> None:
    data = Path(str(ask(cluster.admin_url, "SHOW data_directory")))
    assert cluster.folder not in data.parents
    assert data.owner() == "nobody"
    assert data.parent.stat().st_mode & 0o077 == 0
    assert cluster.folder.owner() == "root"
    assert cluster.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not AS_ROOT, reason="only root must step down")
def test_no_permission_of_the_clone_changes(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    cluster = Cluster(private / "clone" / "var" / "postgres")
    (private / "clone").mkdir(mode=0o750)
    with cluster:
        assert ask(cluster.admin_url, "SELECT 1") == 1
    cluster.remove()
    assert private.stat().st_mode & 0o777 == 0o700
    assert (private / "clone").stat().st_mode & 0o777 == 0o750


def test_not_as_root_all_is_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    home = pghome.locate(tmp_path / "postgres")
    assert (home.data, home.user) == (tmp_path / "postgres" / "data", None)
    assert (home.bin / "postgres").exists()


def test_a_missing_user_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("TURVAVORK_POSTGRES_USER", "no-such-user")
    with pytest.raises(PostgresError, match="no-such-user"):
        pghome.locate(tmp_path / "postgres")


def test_committed_rows_survive_a_kill_and_the_port_stays(cluster: Cluster) -> None:
    port = cluster.port
    ask(cluster.admin_url, "CREATE TABLE kept AS SELECT 7 AS value")
    for _ in range(3):
        cluster.kill()
        assert not cluster.running()
        cluster.start()
    assert ask(cluster.admin_url, "SELECT value FROM kept") == 7
    assert cluster.port == port


@pytest.mark.slow
def test_a_process_that_outlives_the_postmaster_is_ended(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped one holds shared memory: PostgreSQL alone would refuse to start for ever."""
    monkeypatch.setattr(pgrepair, "PATIENCE", dict.fromkeys(pgrepair.PATIENCE, 0.3))
    checkpointer = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"
    os.kill(int(str(ask(cluster.admin_url, checkpointer))), signal.SIGSTOP)
    cluster.kill()
    cluster.start()
    assert ask(cluster.admin_url, "SELECT 1") == 1


def test_a_lock_file_that_names_somebody_elses_process_is_no_obstacle(cluster: Cluster) -> None:
    data = Path(str(ask(cluster.admin_url, "SHOW data_directory")))
    cluster.stop()
    (data / "postmaster.pid").write_text(
        f"{os.getppid()}\n{data}\n1\n{cluster.port}\n\n127.0.0.1\n1 1\nready\n"
    )
    cluster.start()
    assert ask(cluster.admin_url, "SELECT 1") == 1


def test_an_interrupted_initdb_is_made_good(folder: Path) -> None:
    home = pghome.locate(folder)
    half = home.folder / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with Cluster(folder) as cluster:
        assert ask(cluster.admin_url, "SELECT 1") == 1
    assert not half.exists()


def test_a_folder_that_is_no_finished_cluster_is_refused_and_left_alone(folder: Path) -> None:
    home = pghome.locate(folder)
    home.data.mkdir()
    (home.data / "precious").write_text("x")
    with pytest.raises(PostgresError, match="not a finished PostgreSQL cluster"):
        Cluster(folder).start()
    assert (home.data / "precious").read_text() == "x"


def test_a_cluster_of_another_version_is_refused_and_left_alone(cluster: Cluster) -> None:
    data = Path(str(ask(cluster.admin_url, "SHOW data_directory")))
    cluster.stop()
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(PostgresError, match="made by PostgreSQL 17"):
        cluster.start()
    (data / "PG_VERSION").write_text("18\n")
    cluster.start()


def test_one_folder_is_for_one_process(cluster: Cluster) -> None:
    with pytest.raises(PostgresError, match="in use by another process"):
        Cluster(cluster.folder).start()
    assert cluster.running()


def test_a_taken_port_is_named(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PostgresError, match=f"Port {port} on 127.0.0.1 is in use"):
            Cluster(folder, port).start()


def test_it_comes_up_again_and_again_on_a_port_that_is_kept_for_it(folder: Path) -> None:
    with reserve() as reservation, Cluster(folder, reservation.port) as cluster:
        assert ask(cluster.admin_url, "SELECT 1") == 1
        cluster.kill()
        cluster.start()
        assert ask(cluster.admin_url, "SELECT 1") == 1


def test_the_port_that_it_took_is_its_own_while_it_is_down(cluster: Cluster) -> None:
    cluster.stop()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", cluster.port))
    cluster.start()


PARENT = """
import sys, time
from pathlib import Path
from system.postgres import Cluster
cluster = Cluster(Path(sys.argv[1]))
cluster.start()
print(cluster.pid, cluster.port, flush=True)
time.sleep(60)
"""


@pytest.mark.slow
def test_no_orphan_is_left_when_the_parent_is_killed(folder: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(folder)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
    try:
        assert parent.stdout is not None
        postmaster = int(parent.stdout.readline().split()[0])
    finally:
        parent.kill()
        parent.communicate()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{postmaster}").exists():
        assert time.monotonic() < deadline, "the postmaster has outlived its parent"
        time.sleep(0.02)
    with Cluster(folder) as cluster:
        assert ask(cluster.admin_url, "SELECT 1") == 1


def test_each_database_has_an_owner_a_service_and_an_auditor(cluster: Cluster) -> None:
    names = role_names("cases")
    for _ in range(2):  # safe to repeat
        for database in ("cases", "exchange"):
            _apart(lambda database=database: prepare(cluster.admin_url, database, cluster.passwords))
    owner, app, auditor = (cluster.url("cases", names[kind]) for kind in ("owner", "app", "auditor"))
    ask(owner, "CREATE TABLE mine (x int)")
    for url in (app, auditor):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            ask(url, "CREATE TABLE theirs (x int)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            ask(url, "SELECT * FROM mine")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        ask(cluster.url("exchange", names["app"]), "SELECT 1")
    mighty = (
        "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'cases\\_%' "
        "AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)"
    )
    assert ask(cluster.admin_url, mighty) == 0


def test_a_role_that_somebody_widened_is_narrowed_again(cluster: Cluster) -> None:
    for _ in range(2):
        _apart(lambda: prepare(cluster.admin_url, "cases", cluster.passwords))
        bypass = "SELECT rolbypassrls FROM pg_roles WHERE rolname = 'cases_app'"
        assert ask(cluster.admin_url, bypass) is False
        ask(cluster.admin_url, "ALTER ROLE cases_app BYPASSRLS")


def test_passwords_are_read_out_of_urls() -> None:
    url = "postgresql://cases_app:p%40ss@db:5432/cases"
    assert passwords_in(url, "postgresql://nobody@db/x") == {"cases_app": "p@ss"}
