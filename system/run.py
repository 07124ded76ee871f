"""The supervisor: starts all programs of one system, keeps them running, stops them."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from services.kit import keys
from services.kit.clock import SystemClock
from system import children, environment, forking, gateway, plan, readiness, state, tls, training
from system.children import Child, Database
from system.databases import STATEFUL, migrate, prepare
from system.environment import Layout
from system.options import Options
from system.ports import LOOPBACK, hold
from system.postgres import Cluster

READY_SECONDS = 90.0
WATCH_PAUSE = 0.1
FIRST_BREATH = 0.5
FIRST_DELAY = 0.2
LONGEST_DELAY = 10.0
STEADY_SECONDS = 5.0  # who lived so long was well
MOST_EARLY_DEATHS = 3
GATEWAY_STOP_SECONDS = 2.0
STOP_SECONDS = 4.0

Say = Callable[[str], None]


def next_delay(last: float, *, lived: float) -> float:
    """Give the seconds after which a program is started again; `last` is what it was before, 0 at first.

    Who falls over at once waits twice as long each time; who was well, and was then killed, waits no longer
    for having been killed before.
    """
    if not last or lived > STEADY_SECONDS:
        return FIRST_DELAY
    return min(2 * last, LONGEST_DELAY)


class System:
    """All programs of one system, as an async context manager: inside it the system is ready.

    InUseError when a port or the data folder is taken, PostgresError or StartError when something does not
    start.
    """

    def __init__(self, options: Options, say: Say = print) -> None:
        self.options = options
        self.children: list[Child] = []
        self.layout: Layout
        self._say = say
        self._data = options.data.resolve()
        self._stack = contextlib.ExitStack()
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False
        self._ready = False
        self._failure: asyncio.Future[None]
        self._cluster: Cluster | None = None
        self._began = time.monotonic()
        self._started: dict[str, float] = {}

    @property
    def api_url(self) -> str:
        """The API listener."""
        return self.layout.api_url

    @property
    def xroad_url(self) -> str:
        """The X-Road listener."""
        return self.layout.xroad_url

    def child(self, name: str) -> Child:
        """Give one program: cases, cases-worker, gateway, postgres, simulator, …; KeyError."""
        return {each.name: each for each in self.children}[name]

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Stop all within 10 s: the gateway, then services and workers, PostgreSQL last. Idempotent."""
        self._stopping = True
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        groups = (
            ([each for each in self.children if each.name == "gateway"], GATEWAY_STOP_SECONDS),
            ([each for each in self.children if each.name not in {"gateway", "postgres"}], STOP_SECONDS),
            ([each for each in self.children if each.name == "postgres"], STOP_SECONDS),
        )
        for group, seconds in groups:
            for child in group:
                child.terminate()
            if not children.all_ended(group, seconds):
                for child in [each for each in group if each.running()]:
                    self._say(f"{child.name} does not stop: it is killed")
                    child.kill()
        self._stack.close()

    async def _start(self) -> None:
        self._failure = asyncio.get_running_loop().create_future()
        self._claim()
        warm = self._data / "warm"
        self._stack.callback(warm.unlink, missing_ok=True)
        forking.warm_up(warm)
        self._lay_out()
        self._launch(plan.gateway_of(self.layout))
        if not all(environment.service_is_external(service) for service in STATEFUL):
            self._cluster = Cluster(
                self._data / "postgres", self.layout.ports["postgres"], log=self.layout.logs / "postgres.log"
            )
            self._launch(Database(self._cluster))
            self.progress(f"PostgreSQL runs on port {self._cluster.port}")
        await asyncio.to_thread(self._prepare_databases)
        while not warm.exists():  # noqa: ASYNC110 - another process makes it; until then Ctrl-C must be heard
            await asyncio.sleep(WATCH_PAUSE / 2)
        for child in plan.programs_of(self.layout, self._cluster):
            self._launch(child)
        self.progress("services, workers and the simulated security server are started")
        await self._until_ready()

    def _claim(self) -> None:
        self._stack.enter_context(state.only_one(self._data))
        self._stack.callback(state.forget, self._data)
        training.claim(self._data, is_training=self.options.training)
        asked = {"--port": self.options.port, "--xroad-port": self.options.xroad_port}
        for option, port in asked.items():
            try:
                self._stack.enter_context(hold(port))
            except OSError:
                raise state.InUseError(
                    f"Port {port} is in use by another program: choose another with {option}."
                ) from None

    def _lay_out(self) -> None:
        certificates = tls.ensure(self._data / "tls", SystemClock()) if self.options.tls else None
        doors = gateway.Doors(self.options.port, self.options.xroad_port)
        self.layout = Layout(self._data, doors, certificates, training=self.options.training)
        self._stack.callback(self.layout.close)
        for folder in (self.layout.logs, self._data / "simulator"):
            folder.mkdir(exist_ok=True, mode=0o700)
        keys.ensure(self.layout.keys)

    def progress(self, step: str) -> None:
        """Say one line of what is done, with the seconds since the start."""
        self._say(f"{time.monotonic() - self._began:5.1f} s  {step}")

    def _launch(self, child: Child) -> None:
        child.start()
        self._started[child.name] = time.monotonic()
        self.children.append(child)
        self._keepers.append(asyncio.create_task(self._keep(child)))

    def _prepare_databases(self) -> None:
        for service in STATEFUL:
            if self._cluster is not None and not environment.service_is_external(service):
                asyncio.run(prepare(self._cluster.admin_url, service, self._cluster.passwords))
            owner = environment.database_url(service, "owner", self._cluster)
            if owner is None:
                self.progress(f"{service}: no owner's URL is known, its schema is taken as it is")
            else:
                migrate(service, owner)
        self.progress("databases are migrated")

    async def _keep(self, child: Child) -> None:
        """Start the child again when it dies; later and later when it dies again and again."""
        delay, deaths = 0.0, 0
        while True:
            began = time.monotonic()
            while child.running():  # noqa: ASYNC110 - children of three kinds, none of which offers an event
                await asyncio.sleep(WATCH_PAUSE)
            deaths += 1
            if not self._ready and deaths >= MOST_EARLY_DEATHS:
                self._fail(f"{child.name} does not start. The end of its log:\n{child.last_words()}")
            delay = next_delay(delay, lived=time.monotonic() - began)
            self._say(f"{child.name} {children.how_it_ended(child)}: it starts again in {delay:.1f} s")
            await asyncio.sleep(delay)
            try:
                child.start()
                self._started[child.name] = time.monotonic()
            except (OSError, EOFError, RuntimeError) as error:
                self._say(f"{child.name} does not start: {error}")
            self._note()

    def _fail(self, message: str) -> None:
        if not self._failure.done():
            self._failure.set_exception(readiness.StartError(message))

    async def _until_ready(self) -> None:
        looking = asyncio.create_task(readiness.wait(self.layout, self._shaky))
        try:
            await asyncio.wait({looking, self._failure}, return_when=asyncio.FIRST_COMPLETED)
            if self._failure.done():
                await self._failure
            await looking
        finally:
            looking.cancel()
        self._ready = True
        self._note()

    def _shaky(self) -> set[str]:
        """Programs that do not run, or only just: a worker is well if it did not fall at once."""
        now = time.monotonic()
        return {
            each.name
            for each in self.children
            if not each.running() or now - self._started[each.name] < FIRST_BREATH
        }

    def _note(self) -> None:
        urls = self.layout.service_urls() | {
            "simulator": f"http://{LOOPBACK}:{self.layout.ports['simulator']}"
        }
        certificates = self.layout.certificates
        state.write(
            self._data,
            state.RunState(
                pid=os.getpid(),
                api=self.api_url,
                xroad=self.xroad_url,
                authority=None if certificates is None else str(certificates.authority.certificate),
                programs=[
                    state.ProgramState(name=each.name, pid=each.pid, port=each.port, url=urls.get(each.name))
                    for each in self.children
                ],
            ),
        )


async def stay(options: Options, say: Say, play: Callable[[System], Awaitable[None]] | None = None) -> None:
    """Run a system until Ctrl-C, SIGTERM or a closed terminal; `play` has it before it is announced.

    Raises what System raises.
    """

    async def run() -> None:
        async with System(options, say) as system:
            if play is not None:
                await play(system)
            say(f"turvavork is ready: {system.api_url} (X-Road: {system.xroad_url})")
            await asyncio.Event().wait()

    running = asyncio.create_task(run())
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(each, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running
    say("turvavork has stopped")
