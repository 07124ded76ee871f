"""The `turvavork` command. Each command imports what it needs when it runs: `serve` must start quickly."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from system import messages, packages, programs, xroad
from system.options import Options

app = typer.Typer(
    name="turvavork",
    help=(
        "The backend with which multi-agency networks protect high-risk victims of domestic violence: "
        "run it, look at it, get tokens for it."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback shows our lines, never values
)

keys_app = typer.Typer(help="Make key files, rotate keys.")
app.add_typer(keys_app, name="keys")
app.add_typer(messages.app, name="messages")
log_app = typer.Typer(help="The logs as evidence: keys, exports, epochs.", no_args_is_help=True)
app.add_typer(log_app, name="log")
app.add_typer(xroad.app, name="xroad")
app.command("verify-package")(packages.verify_package)


class Service(StrEnum):
    """The services."""

    cases = "cases"
    riskscore = "riskscore"
    exchange = "exchange"
    indicators = "indicators"


class Stateful(StrEnum):
    """The services that have a database and a worker."""

    cases = "cases"
    exchange = "exchange"
    indicators = "indicators"


Data = Annotated[
    Path, typer.Option(envvar="TURVAVORK_DATA", help="Folder of databases, keys, logs. Made when missing.")
]


@app.command()
def up(
    port: Annotated[int, typer.Option(envvar="TURVAVORK_PORT", help="The API's port.")] = 8480,
    xroad_port: Annotated[int, typer.Option(envvar="TURVAVORK_XROAD_PORT", help="X-Road's port.")] = 8481,
    data: Data = Path("var"),
    *,
    tls: Annotated[
        bool,
        typer.Option(
            "--tls",
            envvar="TURVAVORK_TLS",
            help="Serve TLS from a local authority and require the security server's certificate.",
        ),
    ] = False,
    training: Annotated[
        bool,
        typer.Option(
            "--training",
            envvar="TURVAVORK_TRAINING",
            help="A place to learn: sample people alone, marked on every answer and document, in a data "
            "folder of its own.",
        ),
    ] = False,
) -> None:
    """Start everything on this machine and stay until Ctrl-C; samples are played with --training alone.

    Another PostgreSQL (16 or newer) is used where TURVAVORK_<SERVICE>_DATABASE_URL names one;
    TURVAVORK_<SERVICE>_OWNER_DATABASE_URL is then needed to migrate it. Started by root, PostgreSQL runs as
    TURVAVORK_POSTGRES_USER (nobody) with its data under TURVAVORK_POSTGRES_BASE (/var/lib/turvavork).
    """
    options = Options(data, port, xroad_port, tls, training)
    if training:
        from system.demo.run import of_system  # noqa: PLC0415

        _stay(options, of_system)
    else:
        _stay(options)


@app.command()
def demo(
    port: Annotated[int, typer.Option(envvar="TURVAVORK_PORT", help="The API's port.")] = 8480,
    xroad_port: Annotated[int, typer.Option(envvar="TURVAVORK_XROAD_PORT", help="X-Road's port.")] = 8481,
    data: Data = Path("var"),
) -> None:
    """Do what `make run` does: start everything, play the sample referrals, show what became of them, stay.

    The samples are those of the programme's report to 30.06.2018; playing them again changes nothing.
    """
    from system.demo.run import of_system  # noqa: PLC0415

    _stay(Options(data, port, xroad_port, tls=False), of_system)


@app.command()
def serve(
    service: Service,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Serve one service; its settings are environment variables (docs/settings.md)."""
    programs.serve(service, host, port)


@app.command()
def work(service: Stateful) -> None:
    """Run one service's worker: what happens without a caller."""
    programs.work(service)


@app.command()
def simulate(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    xroad_url: Annotated[
        str, typer.Option(envvar="TURVAVORK_SIMULATOR_XROAD_URL", help="The gateway's X-Road listener.")
    ] = "http://127.0.0.1:8481",
) -> None:
    """Run the simulated security server with POLIS and STAR behind it.

    TURVAVORK_SIMULATOR_LEDGER names the file of what they received; TURVAVORK_SIMULATOR_CERTIFICATE, _KEY and
    _AUTHORITY the client certificate for a listener with TLS.
    """
    os.environ["TURVAVORK_SIMULATOR_XROAD_URL"] = xroad_url
    programs.simulate(host, port)


@app.command()
def migrate(
    services: Annotated[list[Stateful] | None, typer.Argument(help="All, when none is named.")] = None,
    data: Data = Path("var"),
) -> None:
    """Bring databases to the newest schema, each in its owner's role.

    TURVAVORK_<SERVICE>_OWNER_DATABASE_URL names the database; where it is missing, the embedded PostgreSQL of
    the data folder is meant. With TURVAVORK_POSTGRES_ADMIN_URL (a superuser's) databases and roles that are
    missing are made first, with the passwords of the URLs (owner's, service's, and the auditor's in
    TURVAVORK_<SERVICE>_AUDITOR_DATABASE_URL).
    """
    from system.migrating import migrate_all  # noqa: PLC0415

    with _plain_errors():
        migrate_all([str(each) for each in services or Stateful], data, typer.echo)


@keys_app.callback(invoke_without_command=True)
def make_keys(context: typer.Context, data: Data = Path("var")) -> None:
    """Make the key files that are missing, in TURVAVORK_KEYS or else in the data folder; rotate keys."""
    from services.kit import keys  # noqa: PLC0415

    folder = Path(os.environ.get("TURVAVORK_KEYS", data / "keys"))
    keys.ensure(folder)
    if context.invoked_subcommand is None:
        typer.echo(f"keys are in {folder}")


@keys_app.command()
def rotate(data: Data = Path("var")) -> None:
    """Add a new key-encryption key to cases and exchange; it is used from their next start on."""
    from system.rotation import rotate as add  # noqa: PLC0415

    with _plain_errors():
        add(Path(os.environ.get("TURVAVORK_KEYS", data / "keys")), typer.echo)


@keys_app.command()
def rewrap(data: Data = Path("var")) -> None:
    """Wrap every data key anew under the newest key-encryption key, while everything runs."""
    from system.rotation import rewrap as wrap  # noqa: PLC0415

    with _plain_errors():
        wrap(Path(os.environ.get("TURVAVORK_KEYS", data / "keys")), data, typer.echo)


@app.command()
def secrets(
    folder: Annotated[Path, typer.Option(help="Made when missing.")] = Path("var/compose"),
) -> None:
    """Make what the containers of docker-compose.yml are told in files; nothing is overwritten."""
    from system.secrets import make  # noqa: PLC0415

    with _plain_errors():
        for path in make(folder):
            typer.echo(f"made {path}")


@app.command()
def status(data: Data = Path("var")) -> None:
    """Show which programs run on a data folder, and how they are. Exit code 1 when one is not well."""
    from system.status import show  # noqa: PLC0415

    if not show(data):
        raise typer.Exit(1)


@app.command()
def token(
    role: Annotated[str, typer.Option(help="coordinator, agency-member, chair, support-person, …")],
    region: Annotated[str, typer.Option(help="Code of a region, e.g. polva.")] = "",
    agency: Annotated[str, typer.Option(help="Kind of agency, e.g. police.")] = "",
    data: Data = Path("var"),
) -> None:
    """Print an access token for development, good for 15 minutes.

    Its subject is dev:<role>:<region>:<agency> with empty parts where nothing is given, e.g.
    dev:coordinator:polva: - whoever has this subject among the seeded appointments has its rights. Services
    take such tokens only with TURVAVORK_DEVELOPMENT=1, which `turvavork up` sets.
    """
    from services.kit import keys  # noqa: PLC0415
    from services.kit.clock import SystemClock  # noqa: PLC0415
    from services.kit.tokens import AccessTokenIssuer  # noqa: PLC0415
    from services.kit.tokens.signing import DEVELOPMENT_ISSUER  # noqa: PLC0415

    folder = Path(os.environ.get("TURVAVORK_KEYS", data / "keys"))
    with _plain_errors():
        issuer = AccessTokenIssuer(DEVELOPMENT_ISSUER, keys.load_issuer(folder, "development"))
        now = int(SystemClock().now().timestamp())
        typer.echo(issuer.issue(f"dev:{role}:{region}:{agency}", authenticated_at=now))


@app.command()
def verify(
    log: Annotated[
        str,
        typer.Argument(
            help="An exported log (JSON Lines), or the address of one: …/api/exchange/v1/log/message-log. "
            "With --receipt the proof that was given for it (JSON)."
        ),
    ],
    key: Annotated[str, typer.Option(help="The log's verifier key, <name>+<id>+<base64>, or its file.")],
    witness: Annotated[Path | None, typer.Option(help="The copy of a witness, in the same form.")] = None,
    receipt: Annotated[str | None, typer.Option(help="Check that this receipt is in the log.")] = None,
) -> None:
    """Check a log: is what its checkpoints cover untouched, and which entry is not?

    Take the key from elsewhere than the log. Against who holds the private key a witness alone helps. To a
    running system TURVAVORK_TOKEN is shown, the access token of an auditor.
    """
    from system import evidence, verifying  # noqa: PLC0415

    with _plain_errors():
        if receipt is not None:
            untouched = verifying.verify_receipt(Path(log), receipt, key, witness, typer.echo)
        else:
            is_address = log.startswith(("http://", "https://"))
            lines = evidence.lines(log) if is_address else verifying.lines_of(Path(log))
            untouched = verifying.verify_log(lines, key, witness, typer.echo)
    raise typer.Exit(0 if untouched else 1)


@log_app.command("key")
def log_key(
    service: Stateful,
    epoch: Annotated[str, typer.Option(help="The last part of the log's name.")],
    log: Annotated[str, typer.Option(help="audit, or in exchange message-log.")] = "audit",
    data: Data = Path("var"),
) -> None:
    """Print the public key of a log, for whoever will verify it: from the key files, not from the service."""
    from system import evidence  # noqa: PLC0415

    with _plain_errors():
        folder = Path(os.environ.get("TURVAVORK_KEYS", data / "keys"))
        typer.echo(evidence.key_of(folder, service, log.replace("-", "_"), epoch))


@log_app.command("export")
def log_export(
    log: Annotated[str, typer.Argument(help="Its address: …/api/exchange/v1/log/message-log.")],
    out: Annotated[Path, typer.Argument(help="The file that is made, for `turvavork verify`.")],
) -> None:
    """Take a log out of a running system, with the auditor's access token in TURVAVORK_TOKEN."""
    from system import evidence  # noqa: PLC0415

    with _plain_errors():
        typer.echo(f"{evidence.export(log, out)} lines in {out}")


@log_app.command("begin-epoch")
def log_begin_epoch(
    service: Stateful,
    reason: Annotated[str, typer.Option(help="Why: it stays in the database, beside the epoch.")],
    data: Data = Path("var"),
) -> None:
    """Begin a new epoch of a service's logs and feeds: after a backup was restored, and then alone.

    Stop the service first. Logs go on under a new name; readers of its feed read again from zero. The owner's
    database is that of TURVAVORK_<SERVICE>_OWNER_DATABASE_URL, else the embedded one.
    """
    from system import evidence  # noqa: PLC0415

    with _plain_errors():
        evidence.begin_epoch(service, reason, data, typer.echo)


@app.command()
def seed(
    cases: Annotated[
        int | None,
        typer.Option(min=1, max=1_000_000, help="Fill an empty register: how many referrals."),
    ] = None,
    number: Annotated[int, typer.Option("--seed", help="The same seed and day: the same country.")] = 1,
    last: Annotated[str | None, typer.Option(help="Its last day (2026-11-29); else today.")] = None,
    data: Data = Path("var"),
) -> None:
    """Appoint the development members: one for each role, region and kind of agency.

    Needs TURVAVORK_DEVELOPMENT=1, TURVAVORK_KEYS and TURVAVORK_CASES_DATABASE_URL; with the first of them the
    service does it by itself at every start.

    With --cases an invented country fills the register (of the data folder, where no database is named), by
    the product's own actions; what was planted is printed as JSON, by the references of referrals.
    """
    with _plain_errors():
        if cases is None:
            from services.cases.app import seed as seed_cases  # noqa: PLC0415

            typer.echo(f"{asyncio.run(seed_cases())} new appointments")
        else:
            from system.seeding.place import seed as seed_country  # noqa: PLC0415

            typer.echo(seed_country(cases, number, last, data))


@app.command("found")
def found_offices() -> None:
    """Appoint the first two programme officers of a new installation; they appoint everybody else, by two.

    Asks for their Estonian personal codes, which are shown nowhere and kept as digests. It is refused once
    anybody holds an office. Needs TURVAVORK_KEYS and TURVAVORK_CASES_DATABASE_URL.
    """
    from services.cases.app import found  # noqa: PLC0415
    from services.kit import personal_code  # noqa: PLC0415

    with _plain_errors():
        first = typer.prompt("Personal code of the first", hide_input=True)
        second = typer.prompt("Personal code of the second", hide_input=True)
        try:
            made = asyncio.run(found([personal_code.parse(code) for code in (first, second)]))
        except ValueError as error:  # what was typed is not in it
            raise PermissionError(str(error)) from None
        typer.echo(f"{made} programme officers, for a year from today")


@app.command()
def openapi(folder: Annotated[Path, typer.Option(help="Where the documents are.")] = Path("openapi")) -> None:
    """Write the published document of each service."""
    from system.openapi import write  # noqa: PLC0415

    for path in write(folder):
        typer.echo(f"changed: {path}")


def main() -> None:
    """Run the command line."""
    app()


def _stay(options: Options, play: Callable[[Any], Awaitable[None]] | None = None) -> None:
    from system.run import stay  # noqa: PLC0415

    with _plain_errors():
        asyncio.run(stay(options, typer.echo, play))


@contextlib.contextmanager
def _plain_errors() -> Iterator[None]:
    """What an operator can put right is told in a sentence, without a traceback."""
    from services.kit.keys import KeyFileError  # noqa: PLC0415
    from system.pghome import PostgresError  # noqa: PLC0415
    from system.readiness import StartError  # noqa: PLC0415
    from system.state import InUseError  # noqa: PLC0415
    from system.training import TrainingError  # noqa: PLC0415
    from system.verifying import UnusableError  # noqa: PLC0415

    known = (InUseError, TrainingError, PostgresError, StartError, KeyFileError, UnusableError)
    try:
        yield
    except (*known, FileNotFoundError, PermissionError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
