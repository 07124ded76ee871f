"""`turvavork xroad`: what an administrator asks of X-Road through our security server.

The settings are those of exchange: where the security server is, its authority, our certificate, the
X-Road instance.
"""

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from system.columns import plain, show

if TYPE_CHECKING:  # the heavy imports stand in the functions: `turvavork --help` needs none of them
    from collections.abc import Awaitable, Callable

    from services.exchange.actions.metadata import Metadata
    from services.exchange.catalog.contracts import Directory
    from services.exchange.model.xroad import ClientId, ServiceId

app = typer.Typer(
    help=(
        "Ask X-Road who is there and what they offer, through the security server of "
        "TURVAVORK_EXCHANGE_SECURITY_SERVER_URL."
    ),
    no_args_is_help=True,
)
Answer = TypeVar("Answer")
Provider = Annotated[
    str, typer.Argument(metavar="SERVICE", help="instance/class/code/subsystem, with or without a service.")
]
Service = Annotated[str, typer.Argument(help="instance/class/code/subsystem/service, for SOAP /version.")]
_PROVIDER_PARTS: Final = 4
_SERVICE_PARTS: Final = 5


class PartnerName(StrEnum):
    """The subsystems of partners with whom we have contracts."""

    polis = "polis"
    star = "star"


@app.command()
def clients(
    instance: Annotated[
        str | None, typer.Option(help="Another X-Road instance, federated with ours.")
    ] = None,
) -> None:
    """List the members and subsystems that are registered (listClients)."""

    async def ask(metadata: "Metadata", _: "Directory") -> None:
        show((str(each.client), each.name) for each in sorted(await metadata.members(instance)))

    _asked(ask)


@app.command()
def methods(service: Provider) -> None:
    """List the services of a provider, SOAP and REST (listMethods)."""
    _listed(service, allowed=False)


@app.command()
def allowed(service: Provider) -> None:
    """List the services of a provider that we may call, SOAP and REST (allowedMethods)."""
    _listed(service, allowed=True)


@app.command()
def wsdl(service: Service) -> None:
    """Print the WSDL of a SOAP service (getWsdl)."""

    async def ask(metadata: "Metadata", _: "Directory") -> None:
        typer.echo((await metadata.wsdl(_service(service))).body)

    _asked(ask)


@app.command()
def openapi(service: Service) -> None:
    """Print the OpenAPI document of a REST service (getOpenAPI)."""

    async def ask(metadata: "Metadata", _: "Directory") -> None:
        typer.echo((await metadata.openapi(_service(service))).body)

    _asked(ask)


@app.command()
def check(
    partner: Annotated[PartnerName | None, typer.Argument(help="All, when none is named.")] = None,
) -> None:
    """Compare what partners offer with what our contracts need. Exit code 1 when something is missing."""
    from services.exchange.actions import offers  # noqa: PLC0415

    async def ask(metadata: "Metadata", directory: "Directory") -> bool:
        wanted = [
            each
            for each in directory.partners.values()
            if partner is None or each.client.subsystem == partner
        ]
        findings = [one for each in wanted for one in await offers.check(metadata, each)]
        rows = [
            (one.service, one.what, one.needed, one.offered or "-", "ok" if one.met else "MISSING")
            for one in findings
        ]
        show([("service", "what", "needed", "offered", ""), *rows])
        return all(one.met for one in findings)

    if not _asked(ask):
        raise typer.Exit(1)


def _listed(service: str, *, allowed: bool) -> None:
    async def ask(metadata: "Metadata", _: "Directory") -> None:
        provider = _provider(service)
        listing: Final = "allowedMethods" if allowed else "listMethods"
        soap = await metadata.soap_services(provider, listing)
        rest = await metadata.rest_services(provider, listing)
        rows = [("SOAP", _path(each), "") for each in soap]
        for each in rest:
            told = ", ".join(f"{method} {path}" for method, path in each.endpoints)
            rows.append((each.kind, _path(each.service), told))
        show(rows)

    _asked(ask)


def _asked(ask: "Callable[[Metadata, Directory], Awaitable[Answer]]") -> Answer:
    """Asks with the settings of exchange; what an administrator can put right is told in a sentence."""
    from services.exchange.actions.metadata import Metadata, MetadataRefused  # noqa: PLC0415
    from services.exchange.catalog import contracts  # noqa: PLC0415
    from services.exchange.model.metadata import MetadataUnreadable  # noqa: PLC0415
    from services.exchange.outbound.securityserver import SecurityServer, Tls  # noqa: PLC0415
    from services.exchange.settings import Settings  # noqa: PLC0415
    from services.kit import log  # noqa: PLC0415

    log.configure("xroad", "error")  # what is printed is the answer

    async def run() -> Answer:
        own = Settings()
        tls = None
        if own.security_server_authority is not None:
            tls = Tls(own.security_server_authority, own.security_server_certificate, own.security_server_key)
        directory = contracts.directory(own.xroad_instance)
        server = SecurityServer(own.security_server_url, directory.us, tls=tls)
        try:
            return await ask(Metadata(server, directory.us), directory)
        finally:
            await server.aclose()

    try:
        return asyncio.run(run())
    except MetadataRefused as error:
        typer.echo(f"No answer ({plain(str(error))}).", err=True)
    except (MetadataUnreadable, ValueError, OSError) as error:
        typer.echo(plain(str(error)), err=True)
    raise typer.Exit(1)


def _provider(text: str) -> "ClientId":
    from services.exchange.model.xroad import ClientId  # noqa: PLC0415

    return ClientId.parse("/".join(text.split("/")[:_PROVIDER_PARTS]))


def _service(text: str) -> "ServiceId":
    from urllib.parse import unquote  # noqa: PLC0415

    from services.exchange.model.xroad import ServiceId  # noqa: PLC0415

    parts = text.split("/")
    if len(parts) not in (_SERVICE_PARTS, _SERVICE_PARTS + 1) or not all(parts):
        raise ValueError("a service looks like instance/class/code/subsystem/service or …/service/version")
    code, version = unquote(parts[4]), unquote(parts[5]) if len(parts) > _SERVICE_PARTS else None
    return ServiceId(_provider(text), code, version)


def _path(service: "ServiceId") -> str:
    """As `wsdl` and `openapi` take it."""
    from urllib.parse import quote  # noqa: PLC0415

    parts = [service.code, *([service.version] if service.version else [])]
    return "/".join([str(service.provider), *(quote(part, safe="") for part in parts)])
