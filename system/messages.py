"""`turvavork messages`: what an operator asks and decides of the exchange's messages, also at night."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer

from system import messagetables as tables
from system.api import TOKEN, Api, Unanswered, moment
from system.columns import plain, show

BASE: Final = "/api/exchange/v1"

app = typer.Typer(
    help=(
        "Look after the messages over X-Road: find them, see why they wait, have them sent again.\n\n"
        "The token is taken from TURVAVORK_TOKEN, e.g. after "
        "`export TURVAVORK_TOKEN=$(turvavork token --role operator)`.\n\n"
        "When something waits: `turvavork messages stats`, then "
        "`turvavork messages list --state quarantined`, then `turvavork messages show ID`."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Language(StrEnum):
    """In what the reasons are told."""

    et = "et"
    ru = "ru"
    en = "en"


Id = Annotated[str, typer.Argument(metavar="ID", help="Our id of the message, as `list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the API's JSON.")]
Partner = Annotated[
    str | None,
    typer.Option(
        help="X-Road client, e.g. ee-dev/GOV/70008747/polis; of our partners its last part will do."
    ),
]
Reference = Annotated[str | None, typer.Option(help="Referral, e.g. TV-7K3M-9Q2X-4D8R-W6HF-5.")]
Direction = Annotated[str | None, typer.Option(help="`in` or `out`.")]
Reason = Annotated[str | None, typer.Option(help="Code of the reason, e.g. partner-failed.")]
Since = Annotated[str | None, typer.Option("--from", help="30m, 2h or 7d ago, or an RFC 3339 time.")]
Until = Annotated[str | None, typer.Option("--to", help="The same; before this time.")]


@app.callback()
def connect(
    context: typer.Context,
    api: Annotated[
        str, typer.Option(envvar="TURVAVORK_API_URL", help="Where the gateway's API is.")
    ] = "http://127.0.0.1:8480",
    authority: Annotated[
        Path | None,
        typer.Option(envvar="TURVAVORK_API_AUTHORITY", help="Certificate authority of the gateway."),
    ] = None,
    language: Annotated[
        Language, typer.Option(envvar="TURVAVORK_LANGUAGE", help="Language of reasons and refusals.")
    ] = Language.en,
) -> None:
    """Look after the messages over X-Road."""
    token = os.environ.get(TOKEN, "")
    context.obj = lambda: Api(api.rstrip("/"), token, authority, language.value)


@app.command("list")
def list_(  # noqa: PLR0913, PLR0917 - what a list can be asked
    context: typer.Context,
    state: Annotated[
        str | None,
        typer.Option(help="received, handed-over, refused, waiting, quarantined, delivered or skipped."),
    ] = None,
    id_: Annotated[
        str | None, typer.Option("--id", help="Ours, the client's message id, or the X-Road request id.")
    ] = None,
    partner: Partner = None,
    reference: Reference = None,
    direction: Direction = None,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="How many at the most.")] = 50,
    *,
    as_json: AsJson = False,
) -> None:
    """List messages, the newest first.

    turvavork messages list --state quarantined --partner polis

    turvavork messages list --id 3f9c… --from 2h
    """
    with _asking(context) as api:
        wanted = _filter(api, partner, reference, direction, reason, since, until)
        found = list(api.pages(f"{BASE}/messages", most, {"state": state, "id": id_, **wanted}))
        if as_json:
            tables.show_json(found)
        else:
            show([tables.LIST, *(tables.row(each) for each in found)])


@app.command("show")
def show_(context: typer.Context, message: Id, *, as_json: AsJson = False) -> None:
    """Show where a message stands, why, and its last tries."""
    with _asking(context) as api:
        _told(api, api.get(f"{_path(message)}"), as_json=as_json)


@app.command()
def raw(
    context: typer.Context,
    message: Id,
    output: Annotated[Path, typer.Option(help="A new file for the bytes; `-`: standard output.")],
) -> None:
    """Save a message as it came or went. For auditors, for accountability; it is in the audit log."""
    with _asking(context) as api:
        content = api.bytes_of(f"{_path(message)}/raw", "accountability")
        if str(output) == "-":
            typer.echo(content, nl=False)
            return
        with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)


@app.command()
def redrive(context: typer.Context, message: Id, *, as_json: AsJson = False) -> None:
    """Have one message that was put aside sent again: its id, its bytes, its place in the order."""
    with _asking(context) as api:
        _told(api, api.post(f"{_path(message)}/redrive"), as_json=as_json)


@app.command()
def redrive_all(  # noqa: PLR0913, PLR0917 - what can be asked
    context: typer.Context,
    partner: Partner = None,
    reference: Reference = None,
    direction: Direction = None,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
    most: Annotated[int, typer.Option(min=1, max=500, help="How many at the most, the oldest first.")] = 100,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count them.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Have all that were put aside and match sent again: they are counted, then you are asked.

    turvavork messages redrive-all --partner polis --reason partner-failed --from 12h
    """
    with _asking(context) as api:
        told = {"most": most, **_filter(api, partner, reference, direction, reason, since, until)}
        said = {name: value for name, value in told.items() if value is not None}
        matching = api.post(f"{BASE}/messages/redrive", {**said, "dryRun": True})["matching"]
        typer.echo(f"{matching} wait for a person; {min(matching, most)} would be sent again.")
        if dry_run or not matching:
            return
        if not yes:
            typer.confirm("Send them again?", abort=True)
        done = api.post(f"{BASE}/messages/redrive", {**said, "dryRun": False})
        typer.echo(f"{done['redriven']} are sent again.")


@app.command()
def skip(
    context: typer.Context,
    message: Id,
    reason: Annotated[str, typer.Option(help="no-longer-needed or told-otherwise.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Give up an outgoing message that was put aside for ever; those behind it go on."""
    with _asking(context) as api:
        _told(api, api.post(f"{_path(message)}/skip", {"reason": reason}), as_json=as_json)


@app.command()
def pause(
    context: typer.Context,
    partner: str,
    reason: Annotated[
        str,
        typer.Option(help="partner-asked, partner-out-of-order, our-maintenance or security-incident."),
    ],
) -> None:
    """Send nothing to a partner from now on; its queue fills. `resume` sends all of it.

    turvavork messages pause polis --reason partner-asked
    """
    with _asking(context) as api:
        made = api.post(f"{BASE}/pauses", {"partner": _partner(api, partner), "reason": reason})
        typer.echo(f"{plain(made['partner'])} is paused ({made['id']}).")


@app.command()
def resume(context: typer.Context, partner: str) -> None:
    """Send to a partner again: what waits goes within seconds, in its order."""
    with _asking(context) as api:
        name = _partner(api, partner)
        held = [one for one in api.get(f"{BASE}/pauses", {"open": True})["items"] if one["partner"] == name]
        if not held:
            raise Unanswered(f"{name} is not paused.")
        api.post(f"{BASE}/pauses/{held[0]['id']}/resume")
        typer.echo(f"{plain(name)} is sent messages again.")


@app.command()
def pauses(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List who is or was paused, by whom, when and why."""
    with _asking(context) as api:
        found = api.get(f"{BASE}/pauses")["items"]
        if as_json:
            tables.show_json(found)
        else:
            show([tables.PAUSES, *(tables.pause(each, api.language) for each in found)])


@app.command()
def stats(
    context: typer.Context, since: Since = None, until: Until = None, *, as_json: AsJson = False
) -> None:
    """Show how deliveries to each partner go: by default of the last 24 hours.

    turvavork messages stats --from 2h
    """
    with _asking(context) as api:
        report = api.get(f"{BASE}/deliveries", {"from": _moment(since), "to": _moment(until)})
        if as_json:
            tables.show_json(report)
            return
        typer.echo(f"{report['since']} to {report['until']}")
        show([tables.STATS, *(tables.figures(each) for each in report["items"])])
        failed = [tables.failed(each["partner"], one) for each in report["items"] for one in each["failures"]]
        if failed:
            typer.echo("failures:")
            show(failed)


@contextmanager
def _asking(context: typer.Context) -> Iterator[Api]:
    """The API; what an operator can put right is told in a sentence. Exit code 1."""
    connected: Callable[[], Api] = context.obj
    try:
        yield connected()
    except FileExistsError as error:
        typer.echo(f"{error.filename} is there already: name a new file.", err=True)
    except (Unanswered, OSError, ValueError) as error:
        typer.echo("\n".join(map(plain, str(error).splitlines())), err=True)
    else:
        return
    raise typer.Exit(1)


def _told(api: Api, each: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        tables.show_json(each)
    else:
        tables.show_message(each, api.language)


def _filter(  # noqa: PLR0913, PLR0917 - the words of it
    api: Api,
    partner: str | None,
    reference: str | None,
    direction: str | None,
    reason: str | None,
    since: str | None,
    until: str | None,
) -> dict[str, object]:
    return {
        "partner": None if partner is None else _partner(api, partner),
        "reference": reference,
        "direction": direction,
        "reason": reason,
        "from": _moment(since),
        "to": _moment(until),
    }


def _path(message: str) -> str:
    return f"{BASE}/messages/{quote(message, safe='')}"


def _moment(text: str | None) -> str | None:
    return None if text is None else moment(text)


def _partner(api: Api, name: str) -> str:
    """The X-Road client; one of our partners by its last part."""
    if "/" in name:
        return name
    known = [each["partner"] for each in api.get(f"{BASE}/deliveries", {"from": moment("1h")})["items"]]
    found = [each for each in known if each.rpartition("/")[2] == name]
    if len(found) != 1:
        raise Unanswered(f"{name} is not one partner; ours are: {', '.join(known)}")
    return str(found[0])
