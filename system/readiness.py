"""When a system is ready: every service says so, and the gateway reaches each of them through both doors."""

import asyncio
import ssl
import time
from collections.abc import Callable, Iterator

from system import probe
from system.environment import Layout
from system.ports import LOOPBACK

READY_SECONDS = 90.0
PAUSE = 0.05
WELL = 200
WRONG = 500


class StartError(RuntimeError):
    """The system does not come up; the message says which program, and what it said last."""


async def wait(layout: Layout, shaky: Callable[[], set[str]]) -> None:
    """Return once all is ready; `shaky` names programs that do not run steadily. StartError after 90 s."""
    waiting = set(_probes(layout))
    context = _context(layout)
    deadline = time.monotonic() + READY_SECONDS
    while True:
        for question in sorted(waiting):
            _, url, most = question
            status = await probe.answers(url, context)
            if status is not None and status <= most:
                waiting.discard(question)
        unwell = shaky()
        if not waiting and not unwell:
            return
        if time.monotonic() > deadline:
            names = ", ".join(sorted({name for name, _, _ in waiting} | unwell))
            raise StartError(f"Not ready after {READY_SECONDS:.0f} s: {names}. Logs: {layout.logs}")
        await asyncio.sleep(PAUSE)


def _probes(layout: Layout) -> Iterator[tuple[str, str, int]]:
    """Name, address, highest good status: behind the gateway any answer of the service's own will do."""
    for name, url in layout.service_urls().items():
        yield name, f"{url}/readyz", WELL
        yield f"{name} through the gateway", f"{layout.api_url}/api/{name}/v1/", WRONG - 1
    yield "simulator", f"http://{LOOPBACK}:{layout.ports['simulator']}/readyz", WELL
    yield "X-Road listener", f"{layout.xroad_url}/xroad/soap?wsdl", WELL


def _context(layout: Layout) -> ssl.SSLContext | None:
    certificates = layout.certificates
    if certificates is None:
        return None
    context = ssl.create_default_context(cafile=str(certificates.authority.certificate))
    context.load_cert_chain(certificates.client.certificate, certificates.client.key)
    return context
