"""Errors as SOAP 1.1 Faults: a stable code, two languages, the id under which our log tells more."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID
from xml.sax.saxutils import escape

from services.exchange.wire import envelope
from services.kit.problem import FieldError, Kind, Problem

_SERVER: Final = frozenset({Kind.INTERNAL, Kind.OVERLOADED, Kind.UPSTREAM_UNAVAILABLE, Kind.UPSTREAM_WRONG})
_MOST_ERRORS: Final = 100


def code(problem: Problem) -> str:
    """``Client.missing_header_field``: whose fault it is, and the problem's slug as X-Road spells codes."""
    side = "Server" if problem.kind in _SERVER else "Client"
    return f"{side}.{problem.slug.replace('-', '_')}"


def text(problem: Problem) -> str:
    """What went wrong, in Estonian and English, and what we can say beyond it."""
    titles = f"{problem.titles['et']} / {problem.titles['en']}"
    return titles if problem.detail is None else f"{titles}: {problem.detail}"


def fault(problem: Problem, request_id: UUID | str) -> bytes:
    """The whole message; it goes with HTTP 500 and ``text/xml``, whatever the problem."""
    parts = (
        f"<env:Fault><faultcode>env:{code(problem)}</faultcode>",
        f"<faultstring>{escape(text(problem))}</faultstring>",
        f"<detail><faultDetail>{escape(str(request_id))}</faultDetail>",
        errors(problem.errors),
        "</detail></env:Fault>",
    )
    return envelope.bare("".join(parts).encode())


def errors(found: Iterable[FieldError]) -> str:
    """Wrong places as ``error`` elements, the first hundred."""
    return "".join(
        f"<error><path>{escape(error.pointer)}</path><code>{escape(error.code)}</code>"
        f"<reason>{escape(error.reason)}</reason></error>"
        for error in list(found)[:_MOST_ERRORS]
    )
