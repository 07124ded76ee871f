"""One of our applications behind uvicorn; why it cannot listen is told in a sentence.

Left to uvicorn, an address that is taken would be told in the words of a library, which no log shows.
"""

import contextlib
import errno
import gc
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

import uvicorn

from system.gathering import Protocol

# Longer than the gateway keeps an idle connection: otherwise it sends into one that we are just closing.
KEEP_ALIVE_SECONDS = 75
GRACE_SECONDS = 3
COLLECTIONS = (50_000, 50, 1000)  # most of a request is gone without the collector; the rest can gather
STARTUP_FAILURE = 3  # as uvicorn says it
WHY_NOT = {
    errno.EADDRINUSE: "is in use by another program",
    errno.EADDRNOTAVAIL: "is no address of this machine",
    errno.EACCES: "is not open to this user",
}


def run(name: str, app: Callable[..., Any], host: str, port: int) -> None:
    """Serve until a signal; SystemExit with one line when nobody can be served at this address."""
    server = _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="uvloop",
            http=Protocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    try:
        with _bound(host, port) as listener, contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    except OSError as error:
        if server.started or error.errno not in WHY_NOT:
            raise
        sys.exit(f"{name} does not start: {host}:{port} {WHY_NOT[error.errno]}")
    if not server.started:
        sys.exit(STARTUP_FAILURE)


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; OSError also when another program was bound as well, and has listened first.

        uvloop does not tell: it closes the socket and goes on without.
        """
        await super().startup(sockets)
        if any(listener.fileno() < 0 for listener in sockets or ()):
            self.started = False
            await self.lifespan.shutdown()
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        _spare_the_collector()


def _spare_the_collector() -> None:
    """What is there at the start stays: it is not looked through again, and requests leave little behind."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTIONS)


def _bound(host: str, port: int) -> socket.socket:
    """Take the address before the service is made ready; who asks meanwhile is refused: nobody listens."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        found.bind((host, port))
    except BaseException:
        found.close()
        raise
    return found
