"""The service, its worker, and what is done without either."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import httpx
from fastapi import FastAPI

from services.cases.actions.callouts import CallOutAsker
from services.cases.actions.casework import Casework
from services.cases.actions.erasing import Eraser
from services.cases.actions.keys import rewrap_all
from services.cases.actions.members import found_offices, seed_development
from services.cases.actions.notifying import Notifier
from services.cases.actions.repeats import RepeatFinder
from services.cases.actions.scoring import Rescorer
from services.cases.actions.shares import Expiry, Sharing
from services.cases.actions.unusual import AccessWatch
from services.cases.app.names import LOGS, NAME
from services.cases.app.parts import Parts
from services.cases.app.plugged import plug
from services.cases.app.routers import ROUTERS
from services.cases.outbound import Mailer
from services.cases.settings import Settings
from services.cases.store.events import Arrivals
from services.cases.worker import Worker
from services.kit import keys
from services.kit.personal_code import PersonalCode
from services.kit.sealed import BlindIndex
from services.kit.sequencer import Sequencer
from services.kit.web import ServiceSpec, create_service

if TYPE_CHECKING:
    from services.kit.db import Database

_DESCRIPTION: Final = (
    "People, referrals, cases and who may see them. A referral is taken once, scored, and screened by a "
    "person; acceptance makes a case. Personal values are sealed under a key per case; every answer is "
    "cut to what the caller may see and leaves a row in the audit log. Where a text holds a protected value "
    "that the caller may not be told, a mark stands in its place or the field is null, and the header "
    "`Withheld` says where."
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service; keys and published data are read, and the database is checked, when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            parts = Parts.of(settings or Settings())
            stack.push_async_callback(parts.riskscore.aclose)
            stack.push_async_callback(parts.police.aclose)
            stack.push_async_callback(parts.database.close)
            seed = partial(seed_development, parts.database, parts.policy, parts.catalog)
            await parts.logbook.open(parts.database, *([seed] if parts.settings.development else []))
            app.state.database, app.state.logbook = parts.database, parts.logbook
            arrivals = Arrivals(parts.database)
            stack.push_async_callback(_ended, asyncio.create_task(arrivals.run()))
            http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
            plug(app, parts, arrivals, http)
            stack.callback(app.state.press.close)
            yield

    async def readiness() -> Mapping[str, bool]:
        database: Database | None = getattr(app.state, "database", None)
        return {"database": database is not None and await database.ready()}

    app = create_service(
        ServiceSpec(
            name=NAME,
            title="Turvavõrk: cases",
            description=_DESCRIPTION,
            routers=ROUTERS,
            lifespan=lifespan,
            readiness=readiness,
        )
    )
    return app


async def _ended(listening: asyncio.Task[None]) -> None:
    """Ends the listening; raises what it died of, if it did: the feed was slow since then."""
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening


def create_worker(settings: Settings | None = None) -> Worker:
    """The worker: sequencer of the logs, and scores for referrals that wait."""
    parts = Parts.of(settings or Settings())
    rescorer = Rescorer(parts.database, parts.policy, parts.riskscore, parts.ring, parts.catalog.transitions)
    sequencer = Sequencer(parts.database, LOGS, *parts.logbook.trees())
    opened = partial(parts.logbook.open, parts.database)
    casework = Casework(parts.catalog, parts.ring)
    sharing = Sharing(parts.catalog, casework, parts.discloser())
    asker = CallOutAsker(
        parts.database, parts.policy, parts.police, parts.ring, parts.catalog, parts.discloser()
    )
    return Worker(
        parts.database,
        sequencer,
        rescorer,
        parts.riskscore,
        opened,
        parts.logbook.watches(parts.database, parts.settings.witness_folder),
        asker,
        parts.settings.call_outs_per_second,
        RepeatFinder(parts.database, parts.policy, parts.catalog.repeats),
        Expiry(parts.database, parts.policy, sharing),
        _notifier(parts),
        AccessWatch(parts.database, parts.policy, parts.catalog),
        Eraser(parts.database, parts.policy, parts.catalog, parts.ring, parts.certifier()),
    )


def _notifier(parts: Parts) -> Notifier | None:
    """Who tells members by e-mail; nobody where no mail server is set."""
    own = parts.settings
    if own.smtp_host is None:
        return None
    password = own.smtp_password.get_secret_value() if own.smtp_password else None
    mailer = Mailer(own.smtp_host, own.smtp_port, own.smtp_security, own.mail_from, own.smtp_user, password)
    return Notifier(parts.database, parts.policy, parts.catalog, parts.ring, mailer, own.portal_url)


async def rotate(settings: Settings | None = None) -> int:
    """Wraps every data key anew under the active key-encryption key; how many were under an older one."""
    parts = Parts.of(settings or Settings())
    try:
        await parts.database.open()
        return await rewrap_all(parts.database, parts.policy, parts.ring)
    finally:
        await parts.riskscore.aclose()
        await parts.police.aclose()
        await parts.database.close()


async def seed(settings: Settings | None = None) -> int:
    """Appoints the development members, where development is on; how many appointments are new.

    Raises PermissionError elsewhere: their tokens would be worth nothing, and their rights a risk.
    """
    parts = Parts.of(settings or Settings())
    if not parts.settings.development:
        raise PermissionError("development members are for development: set TURVAVORK_DEVELOPMENT=1")
    try:
        await parts.database.open()
        return await seed_development(parts.database, parts.policy, parts.catalog)
    finally:
        await parts.riskscore.aclose()
        await parts.police.aclose()
        await parts.database.close()


async def found(people: Sequence[PersonalCode], settings: Settings | None = None) -> int:
    """Appoints the first programme officers; how many. ValueError, AlreadyFoundedError."""
    parts = Parts.of(settings or Settings())
    index = BlindIndex(keys.load_secret(parts.settings.keys, "cases.blind-index"))
    try:
        await parts.database.open()
        return await found_offices(parts.database, parts.policy, parts.catalog, index, people)
    finally:
        await parts.riskscore.aclose()
        await parts.police.aclose()
        await parts.database.close()
