"""TCP ports of 127.0.0.1: chosen, kept for programs that listen now and then, looked at."""

import errno
import random
import socket
import sys
import time
import weakref
from pathlib import Path
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"
LOWEST = 15_000
USUAL_EPHEMERAL = 32_768
PATIENCE = 2.0  # seconds


class Reservation:
    """A port that `reserve` and `free_port` give to nobody else until this is closed, or gone.

    A socket is bound to it that never listens. Whoever binds without SO_REUSEADDR, as we do to choose, is
    refused by the kernel; servers set it, so ours can listen here, also again after a crash. Elsewhere than
    on Linux they could not: there nothing is held back.
    """

    def __init__(self, holder: socket.socket) -> None:
        self.port: int = holder.getsockname()[1]
        self._end = weakref.finalize(self, holder.close)
        if sys.platform != "linux":
            self.close()

    def close(self) -> None:
        """Give the port back; idempotent."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def reserve() -> Reservation:
    """Take a port that nobody uses or holds, from below the range out of which clients get theirs.

    A client that keeps asking for a dead server in that range may be given the server's own port as its
    source: it then talks to itself, and the server cannot come back.
    """
    while True:
        try:
            holder = _bound(_by_chance(), LOOPBACK, shared=False)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # from now on servers may join
            return Reservation(holder)


def hold(port: int) -> Reservation:
    """Keep a port that somebody chose; OSError when a program listens on it."""
    return Reservation(_bound(port, LOOPBACK, shared=True))


def free_port() -> int:
    """Give a port that nobody uses or holds now; nothing keeps it so: better `reserve` it."""
    with reserve() as reservation:
        return reservation.port


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether a server could listen on `port` now."""
    try:
        _bound(port, host, shared=True).close()
    except OSError:
        return False
    return True


def becomes_free(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether `port` is free within two seconds: a program killed just now may need them."""
    deadline = time.monotonic() + PATIENCE
    while not is_free(port, host):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _bound(port: int, host: str, *, shared: bool) -> socket.socket:
    holder = socket.socket()
    try:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, shared)
        holder.bind((host, port))
    except BaseException:
        holder.close()
        raise
    return holder


def _by_chance() -> int:
    return random.SystemRandom().randrange(LOWEST, _ephemeral_start())


def _ephemeral_start() -> int:
    known = Path("/proc/sys/net/ipv4/ip_local_port_range")
    start = int(known.read_text().split()[0]) if known.exists() else USUAL_EPHEMERAL
    return start if start > LOWEST else USUAL_EPHEMERAL
