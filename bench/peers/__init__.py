"""Other SOAP servers that install, each in an environment of its own: the same fields, nothing behind."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import psutil
from lxml import etree

from bench import load
from system.ports import free_port
from system.securityserver.referrals import ORDER, PRODUCER

_SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_START_SECONDS: Final = 20
_INSTALL_SECONDS: Final = 300
_OK: Final = 200
_WHOLE: Final = {
    "person": ORDER["person"],
    "event": ORDER["event"],
    "referral": ("judgementReason", "victimWishes"),
}


def qualified(message: bytes) -> bytes:
    """The same with every element in our namespace, as spyne wants it."""
    root = etree.fromstring(message)
    for element in root[-1].iterdescendants(etree.Element):
        if not element.tag.startswith("{"):
            element.tag = f"{{{PRODUCER}}}{element.tag}"
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def bare(message: bytes) -> bytes:
    """The same as fastapi-xroad-soap can read it.

    Without header, namespaces and declaration, with the one prefix that it knows, without
    attributes, and with what is absent filled in: it cannot read an optional element that is not there.
    """
    wrapper = etree.fromstring(message)[-1][0]
    envelope = etree.Element(f"{{{_SOAP}}}Envelope", nsmap={"soapenv": _SOAP})
    wrapper.tag = etree.QName(wrapper).localname
    for answer in wrapper.iter("answer"):
        answer.attrib.clear()
    for name, whole in _WHOLE.items():
        for element in wrapper.iter(name):
            present = {child.tag for child in element}
            for absent in (tag for tag in whole if tag not in present):
                etree.SubElement(element, absent).text = "-"
    etree.SubElement(envelope, f"{{{_SOAP}}}Body").append(wrapper)
    etree.cleanup_namespaces(envelope)
    return etree.tostring(envelope, encoding="unicode").encode()


@dataclass(frozen=True)
class Peer:
    """A server to be compared with: what it needs, its program, its address, its spelling of our message."""

    name: str
    needs: Sequence[str]
    program: str
    path: str
    spelt: Callable[[bytes], bytes]


PEERS: Final = (
    Peer("spyne 2.14", ("spyne==2.14.0", "lxml<7", "waitress<4"), "spyne_echo.py", "/", qualified),
    Peer(
        "fastapi-xroad-soap 0.4.7",
        ("fastapi-xroad-soap==0.4.7", "pydantic-xml<2.12", "pydantic<2.9", "uvicorn<1"),
        "xroad_soap_echo.py",
        "/service",
        bare,
    ),
)


async def measure(peer: Peer, folder: Path, bodies: Sequence[bytes], seconds: float) -> dict[str, Any]:
    """Answers per second at 16 connections, and CPU milliseconds of its process per message.

    A peer that cannot be installed or does not answer is a row that says so.
    """
    python = await asyncio.to_thread(_environment, peer, folder)
    if python is None:
        return {"name": peer.name, "error": "cannot be installed here"}
    port = free_port()
    program = Path(__file__).with_name(peer.program)
    process = subprocess.Popen(  # noqa: S603, ASYNC220 - a program of ours
        [python, program, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        asks = [_ask(f"http://127.0.0.1:{port}{peer.path}", peer.spelt(body)) for body in bodies]
        if not await _ready(asks[0]):
            return {"name": peer.name, "error": "does not answer"}
        before = _cpu(process.pid)
        found = await load.closed_loop(asks, 16, seconds)
        spent = (_cpu(process.pid) - before) * 1000 / max(1, len(found.latencies))
        return {
            "name": f"{peer.name}, closed loop 16",
            "per_second": round(found.rate, 1),
            "answers": len(found.latencies),
            "errors": found.errors,
            "cpu_ms": {"process": round(spent, 2)},
        }
    finally:
        process.terminate()
        process.wait()


def _environment(peer: Peer, folder: Path) -> Path | None:
    home = folder / peer.program.removesuffix(".py")
    python = home / "bin" / "python"
    install = [python, "-m", "pip", "install", "-q", *peer.needs]
    try:
        subprocess.run([sys.executable, "-m", "venv", home], check=True, timeout=_INSTALL_SECONDS)  # noqa: S603
        subprocess.run(install, check=True, timeout=_INSTALL_SECONDS, capture_output=True)  # noqa: S603
    except (subprocess.SubprocessError, OSError):
        return None
    return python


def _ask(url: str, body: bytes) -> load.Ask:
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": "submitReferral"}

    async def send(session: aiohttp.ClientSession) -> str:
        async with session.post(url, data=body, headers=headers) as answer:
            told = await answer.read()
            return "answered" if answer.status == _OK and b"BENCH-" in told else ""

    return send


async def _ready(ask: load.Ask) -> bool:
    until = time.monotonic() + _START_SECONDS
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < until:
            try:
                return bool(await ask(session))
            except aiohttp.ClientError:
                await asyncio.sleep(0.2)
    return False


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system
