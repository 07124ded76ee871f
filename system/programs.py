"""What runs in a process of its own: a service, a worker, the simulated security server.

The heavy imports stand in the functions: `turvavork --help` needs none of them.
"""

import asyncio
import contextlib
import importlib
import os
import signal
from pathlib import Path
from typing import Any

SERVICES = ("cases", "riskscore", "exchange", "indicators")
WORKERS = ("cases", "exchange", "indicators")
# Who waits for an answer goes first; what happens without a caller takes what the processors have left.
WORKER_NICENESS = 10
_AUTOGROUP = Path("/proc/self/autogroup")


def serve(service: str, host: str, port: int) -> None:
    """Serve one service until SIGTERM."""
    from system import serving  # noqa: PLC0415 - see above

    _configure_log(service)
    serving.run(service, _room(service).create_app(), host, port)


def work(service: str) -> None:
    """Run one service's worker until SIGTERM, then let it finish what it holds."""
    import uvloop  # noqa: PLC0415 - see above

    give_way()
    _configure_log(f"{service}-worker")
    worker = _room(service).create_worker()

    async def run() -> None:
        stop = asyncio.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(each, stop.set)
        await worker.run(stop)

    uvloop.run(run())


def give_way() -> None:
    """Let every other program go first, from now on.

    Linux shares the processors among sessions first and looks at niceness within one only (sched(7),
    "The autogroup feature"): the session needs its own, but only where it is the worker's alone, as for
    every child of ours. Where the kernel keeps no such group for it (it then refuses to open the file), or
    forbids the change, niceness is all there is: courtesy is no reason not to work.
    """
    os.nice(WORKER_NICENESS)
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            _AUTOGROUP.write_text(str(WORKER_NICENESS))


def simulate(host: str, port: int) -> None:
    """Run the simulated security server with POLIS and STAR behind it; its settings: the environment."""
    from system import serving  # noqa: PLC0415 - see above
    from system.securityserver.app import Settings, create_app  # noqa: PLC0415 - see above

    def path(name: str) -> Path | None:
        value = os.environ.get(f"TURVAVORK_SIMULATOR_{name}")
        return Path(value) if value else None

    settings = Settings(
        xroad_url=os.environ["TURVAVORK_SIMULATOR_XROAD_URL"],
        ledger=path("LEDGER"),
        certificate=path("CERTIFICATE"),
        certificate_key=path("KEY"),
        authority=path("AUTHORITY"),
    )
    _configure_log("simulator")
    serving.run("simulator", create_app(settings), host, port)


def _room(service: str) -> Any:  # noqa: ANN401 - a module; that it has the two functions is the house's rule
    return importlib.import_module(f"services.{service}.app")


def _configure_log(name: str) -> None:
    from services.kit import log  # noqa: PLC0415 - see above

    log.configure(name, os.environ.get("TURVAVORK_LOG_LEVEL", "info"))
