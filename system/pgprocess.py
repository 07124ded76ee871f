"""The processes of the embedded PostgreSQL and their settings."""

import os
import pwd
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from system.pghome import Home, PostgresError
from system.processes import die_with_parent

SUPERUSER = "postgres"

# Durability is never traded for speed; no statement, parameter or row value may reach the log
# (`log_min_messages=log` keeps failed statements, whose texts quote values, for the client alone).
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
}


def server_command(home: Home, port: int) -> list[str]:
    """Give the command that runs the server on `port`; only on the command line nobody edits a setting."""
    settings = SETTINGS | {"port": str(port)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return [str(home.bin / "postgres"), "-D", str(home.data), *options]


def initdb(home: Home, target: Path, password_file: str) -> None:
    """Make a cluster in `target`, which the cluster's user owns; PostgresError with what initdb said."""
    command = [
        str(home.bin / "initdb"),
        f"--pgdata={target}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--text-search-config=simple",
        "--data-checksums",
        "--no-instructions",
    ]
    process = spawn(home, command, signal.SIGKILL, subprocess.PIPE)
    said, _ = process.communicate()
    if process.returncode != 0:
        raise PostgresError(f"initdb failed: {said.decode(errors='replace').strip()[-500:]}")


def spawn(
    home: Home, command: Sequence[str], death: signal.Signals, output: IO[bytes] | int
) -> subprocess.Popen[bytes]:
    """Start a program as the cluster's user; it gets the signal `death` when this process ends."""
    user = None if home.user is None else pwd.getpwnam(home.user)
    return subprocess.Popen(  # noqa: S603 - our own binaries, arguments are ours
        command,
        user=None if user is None else user.pw_uid,
        group=None if user is None else user.pw_gid,
        extra_groups=None if user is None else [],
        umask=0o077,
        cwd=home.folder,  # ours may be closed to that user
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C is for the supervisor, which stops the database last
        preexec_fn=die_with_parent(death),  # noqa: PLW1509 - calls nothing but prctl
    )
