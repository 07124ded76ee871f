"""What the SOAP and REST sides of the X-Road listener share."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import IO, Final

from starlette.datastructures import Headers as HttpHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.exchange.actions.amendments import Amendments
from services.exchange.actions.casework import AgencyWork
from services.exchange.actions.flags import Flags
from services.exchange.actions.gate import Gate
from services.exchange.actions.incidents import Incidents
from services.exchange.actions.intake import Intake
from services.exchange.actions.receipts import Receipts
from services.exchange.actions.record import DONE, Records
from services.exchange.actions.status import Statuses
from services.exchange.actions.usage import Tracker
from services.exchange.model.offered import (
    CORRECT,
    FIND_USAGE,
    FLAGS,
    HEARTBEAT,
    REPORT,
    SUBMIT,
    WITHDRAW,
    Offered,
    Operation,
)
from services.exchange.model.record import Record
from services.exchange.model.xroad import ClientId, Headers
from services.exchange.rules.admission import admit, within
from services.exchange.wire import rest
from services.kit.answer import language_of, problem_answer
from services.kit.policy import Caller, Permit, Policy
from services.kit.problem import NotFound, Problem, TooLarge
from services.kit.refusals import OUR_FAULT, UNKNOWN, RefusalAuditor

PREFIX: Final = "/xroad/"
GATEWAY_HEADER: Final = "x-turvavork-gateway"
SERVICE: Final = "exchange"
#: Who calls, as long as the message has not said it: the security server is known, its client is not.
NOBODY: Final = Caller.system("unknown/client", SERVICE)
#: Their action writes the message log in a transaction of its own.
LOGGED: Final = frozenset({SUBMIT, CORRECT, WITHDRAW, REPORT, HEARTBEAT})
#: All that such a message says is a personal code: whoever has its digest could find the code by trying.
GUESSED: Final = frozenset({FIND_USAGE, FLAGS})
_DRAINED: Final = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class XRoad:
    """What the routes work with; on ``app.state.xroad``.

    ``max_body`` is the longest SOAP message, attachments aside; a ``large`` one with them has to wait for
    others of its kind, since each is held in memory when it is sealed.
    """

    offered: Offered
    policy: Policy
    gate: Gate
    intake: Intake
    amendments: Amendments
    incidents: Incidents
    statuses: Statuses
    flags: Flags
    agency_work: AgencyWork
    records: Records
    tracker: Tracker
    receipts: Receipts
    max_body: int
    large: Gate = field(
        default_factory=lambda: Gate(places=2, queue=16, patience=10, share=0.5, name="large")
    )

    def permit(self, request: Request, headers: Headers, operation: Operation) -> Permit:
        """The permit of the caller whom the route has left on the request; raises what admission raises."""
        noted(request, operation)
        right = admit(self.offered, headers, operation)
        permit = self.policy.permit(request.state.caller, operation.name, operation.purpose)
        request.state.permit = within(permit, right)
        granted: Permit = request.state.permit
        return granted

    async def answered(self, request: Request, operation: Operation) -> None:
        """Writes an answer into the message log before it leaves, unless its action has done so."""
        if operation.name in LOGGED:
            return
        record = Record.of(
            request.state.message,
            what="answered",
            partner=request.state.caller.subject,
            operation=operation.name,
            result=DONE,
        )
        await self.records.write(_discreet(record), request.state.request_id)


class LoggedRefusals:
    """Records a refusal in the audit log and, where a message over X-Road was refused, in the message log."""

    def __init__(self, audited: RefusalAuditor, records: Records) -> None:
        self._audited, self._records = audited, records

    async def __call__(self, request: Request, problem: Problem) -> None:
        """Writes the rows of one refused request; raises UpstreamUnavailable when it cannot."""
        await self._audited(request, problem)
        if request.url.path.startswith(PREFIX) and problem.status < OUR_FAULT:
            await self._records.write(_refused(request, problem), request.state.request_id)


def _refused(request: Request, problem: Problem) -> Record:
    state = request.state
    partner, operation = state.caller.subject, getattr(state, "operation", UNKNOWN)
    raw = getattr(state, "message", None)
    if raw is not None:
        refused = Record.of(raw, what="refused", partner=partner, operation=operation, result=problem.slug)
        return _discreet(refused)
    unread = getattr(state, "unread", None)
    digest = None if unread is None else hashlib.sha256(unread).digest()
    return Record("refused", partner, operation, problem.slug, digest=digest)


def _discreet(record: Record) -> Record:
    return replace(record, digest=None) if record.operation in GUESSED else record


def of(request: Request) -> XRoad:
    """What the application was plugged together with."""
    xroad: XRoad = request.app.state.xroad
    return xroad


def noted(request: Request, operation: Operation) -> None:
    """Leaves what is called, and for which purpose, where refusals are recorded."""
    request.state.operation, request.state.purpose = operation.name, operation.purpose


def caller(headers: Headers) -> Caller:
    """An X-Road client as a caller, with what else its message says of itself."""
    return replace(_client(headers.client), claims=headers.claims())


@lru_cache(maxsize=256)
def _client(client: ClientId) -> Caller:
    return Caller.system(str(client), SERVICE)


async def body_of(request: Request, most: int) -> bytes:
    """The whole body; TooLarge beyond ``most`` bytes, after the rest was read and thrown away.

    Who is still sending would otherwise see a broken connection in place of the answer.
    """
    chunks: list[bytes] = []
    await _receive(request, most, chunks.append)
    return b"".join(chunks)


async def body_into(request: Request, most: int, file: IO[bytes]) -> int:
    """The same into a file; its size. Nothing beyond ``most`` bytes is written."""
    return await _receive(request, most, file.write)


async def _receive(request: Request, most: int, keep: Callable[[bytes], object]) -> int:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= most:
            keep(chunk)
        elif size > _DRAINED:
            break
    if size > most:
        raise TooLarge
    return size


class Door:
    """Lets in what came through the gateway's X-Road listener; to all else the paths do not exist.

    Answers of the REST side carry the ``X-Road-Id`` of their request.
    """

    def __init__(self, app: ASGIApp, *, secret: str) -> None:
        self._app = app
        self._secret = secret.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        given = HttpHeaders(scope=scope).getlist(GATEWAY_HEADER)
        if not self._secret or len(given) != 1 or not hmac.compare_digest(given[0].encode(), self._secret):
            answer = problem_answer(NotFound(), scope["state"]["request_id"], language_of(scope))
            await answer(scope, receive, send)
            return
        scope["state"]["caller"] = NOBODY
        await self._app(scope, receive, _echoing(scope, send))


def _echoing(scope: Scope, send: Send) -> Send:
    message_id = rest.message_id(scope["headers"]) if scope["path"].startswith("/xroad/rest/") else None
    if message_id is None:
        return send
    echo = (b"x-road-id", message_id.encode("ascii"))

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), echo]
        await send(message)

    return sending


def record(headers: Headers, extra: Mapping[str, str]) -> dict[str, str]:
    """What is sealed beside the bytes of a message: header fields and transport."""
    return {**headers.record(), **extra}
