import random
import socket
import time
from pathlib import Path

LOOPBACK = "127.0.0.1"
LOWEST = 15_000
USUAL_EPHEMERAL = 32_768
PATIENCE = 2.0  # seconds


def free_port() -> int:
    """Give a TCP port of 127.0.0.1 that is free now, from below the range out of which clients get theirs.

    A client that keeps asking for a dead server in that range may be given the server's own port as its
    source: it then talks to itself, and the server cannot come back.
    """
    chance = random.SystemRandom()
    while True:
        port = chance.randrange(LOWEST, _ephemeral_start())
        if is_free(port):
            return port


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether a program could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
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


def _ephemeral_start() -> int:
    known = Path("/proc/sys/net/ipv4/ip_local_port_range")
    start = int(known.read_text().split()[0]) if known.exists() else USUAL_EPHEMERAL
    return start if start > LOWEST else USUAL_EPHEMERAL
