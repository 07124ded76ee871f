"""`turvavork log`: a log's public key, the log itself from a running system, a new epoch after a restore."""

import asyncio
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx

from services.kit import keys, logtree
from services.kit.checkpoint import VerifierKey
from system import state
from system.migrating import told
from system.postgres import Cluster
from system.verifying import UnusableError

TOKEN: Final = "TURVAVORK_TOKEN"  # noqa: S105 - the name of a setting
_ENTRIES: Final = 5_000
_SECONDS: Final = 60.0
_OK: Final = 200
_BEGIN: Final = """
insert into log_epoch (epoch, reason)
values (substr(replace(gen_random_uuid()::text, '-', ''), 1, 12), $1) returning epoch"""


def key_of(folder: Path, service: str, log: str, epoch: str) -> str:
    """The verifier key of a log, from the service's key file; KeyFileError, UnusableError."""
    try:
        name = logtree.origin(service, log, epoch)
        return str(VerifierKey.of(name, keys.load_log_signing(folder, service)))
    except ValueError as error:
        raise UnusableError(f"There is no such key: {error}.") from None


def lines(url: str) -> Iterator[bytes]:
    """The lines of a log that is taken out of a running system, part by part; UnusableError.

    Args:
        url: of the log: ``…/api/exchange/v1/log/message-log``. The caller's token is in TURVAVORK_TOKEN.
    """
    headers = {"Authorization": f"Bearer {os.environ.get(TOKEN, '')}", "X-Purpose": "accountability"}
    try:
        with httpx.Client(headers=headers, trust_env=False, timeout=_SECONDS) as client:
            part = client.get(f"{url.rstrip('/')}/entries", params={"limit": _ENTRIES})
            while True:
                if part.status_code != _OK:
                    raise UnusableError(f"The log is not given out: {_refusal(part)}.")
                yield from io.BytesIO(part.content)
                following = part.links.get("next", {}).get("url")
                if following is None:
                    return
                part = client.get(part.url.join(following))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnusableError(f"The log cannot be reached: {type(error).__name__}.") from None


def export(url: str, out: Path) -> int:
    """Writes a log of a running system to a file, for verifying elsewhere; how many lines. UnusableError."""
    count = 0
    beside = out.with_name(f"{out.name}.part")
    with beside.open("wb") as file:
        for line in lines(url):
            file.write(line)
            count += 1
    beside.replace(out)
    return count


def begin_epoch(service: str, reason: str, data: Path, say: Callable[[str], None]) -> None:
    """Begins a new epoch of a service's logs and feeds, in the role of the database's owner.

    InUseError when the embedded PostgreSQL is meant and a system runs on it.
    """
    url = told(f"TURVAVORK_{service.upper()}_OWNER_DATABASE_URL")
    if url:
        epoch = asyncio.run(_begun(url, reason))
    else:
        with state.only_one(data.resolve()), Cluster(data.resolve() / "postgres") as cluster:
            epoch = asyncio.run(_begun(cluster.url(service, f"{service}_owner"), reason))
    say(f"{service}: epoch {epoch} has begun. Its logs have new keys' names: see `turvavork log key`.")


async def _begun(url: str, reason: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval(_BEGIN, reason))
    finally:
        await connection.close()


def _refusal(answer: httpx.Response) -> str:
    """What a problem says of itself; its title is for people."""
    try:
        said: Any = answer.json()
        return f"{answer.status_code} {said['title']}"
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)
