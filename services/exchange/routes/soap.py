"""SOAP: one path, dispatched by the message's service header; every error is a Fault with HTTP 500."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any, Final, TypeVar

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from services.exchange.actions.casework import about as objects
from services.exchange.actions.flags import about
from services.exchange.actions.status import ByMessage, ByReference, BySenderReference, Query
from services.exchange.model.casework import ActionList, Settled
from services.exchange.model.flags import Flag
from services.exchange.model.inbox import ONLY_VERSION, Raw, Submission
from services.exchange.model.offered import (
    ACTION,
    ACTIONS,
    CORRECT,
    FIND_USAGE,
    FLAGS,
    REPORT,
    RESEARCH,
    STATUS,
    SUBMIT,
    WITHDRAW,
    WSDL,
    Operation,
)
from services.exchange.model.problems import (
    BusinessRefusal,
    InconsistentHeaders,
    InvalidContentType,
    SchemaViolation,
)
from services.exchange.model.usage import UsagePage
from services.exchange.routes import xroad
from services.exchange.routes.xroad import XRoad
from services.exchange.rules import casework, flags
from services.exchange.rules.admission import called
from services.exchange.schemas.casework import ActionQuestionIn, ActionReportIn, ResearchIn
from services.exchange.schemas.incidents import IncidentIn
from services.exchange.schemas.referral import SubmissionIn, WithdrawalIn
from services.exchange.wire import attachments, envelope, faults, messages, mime, reader, schema, usage
from services.exchange.wire.envelope import Envelope
from services.kit import validation
from services.kit.db import Work
from services.kit.disclose import disclose_document
from services.kit.fieldclass import BASIC
from services.kit.policy import Decision, Permit
from services.kit.problem import Malformed, NotFound, Problem
from services.kit.web import ServiceRouter

PATH: Final = "/xroad/soap"
#: The largest message with attachments, as the gateway lets through.
_LARGEST: Final = 20 * 1024 * 1024
#: What describes us, by the query that security servers ask with.
_DESCRIPTIONS: Final = {"wsdl": WSDL, "wsdl=findusage": "findusage.wsdl"}
#: Of actions the words are told as well.
AGENCY_WORDS: Final = (*BASIC, "narrative")
router = ServiceRouter()
_Form = TypeVar("_Form", bound=BaseModel)


def fault(problem: Problem, request_id: str) -> Response:
    """The answer to whatever goes wrong on this path."""
    content = faults.fault(problem, request_id)
    return Response(content, 500, media_type=envelope.CONTENT_TYPE)


@router.get(PATH, summary="The service description (WSDL)")
async def get_wsdl(request: Request) -> Response:
    """``?wsdl``, as security servers ask for it, or ``?wsdl=findUsage``; byte for byte the published file."""
    file = _DESCRIPTIONS.get(request.url.query.lower())
    if file is None:
        raise NotFound
    return Response(schema.wsdl(file), media_type=envelope.CONTENT_TYPE)


@router.route(PATH, methods=["POST"])
async def call(request: Request) -> Response:
    """Reads a request, calls the operation that its header names, and answers with its header."""
    door = xroad.of(request)
    content_type = request.headers.get("content-type", "")
    if mime.is_related(content_type):
        return await _call_in_parts(request, door, content_type)
    body = await xroad.body_of(request, door.max_body)
    request.state.unread = body
    _one_type_and_plain(request)
    message = envelope.read(body, content_type, reader.Limits(bytes=door.max_body))
    async with door.gate.place(str(message.headers.client)):
        digest = attachments.digest(body)
        return await _answer(request, door, message, _raw(message, body, content_type, digest))


def _one_type_and_plain(request: Request) -> None:
    """X-Road does not pass on how a body is compressed, so such a one is not read; two types are none."""
    if len(request.headers.getlist("content-type")) > 1:
        raise InvalidContentType("there is more than one content type")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise InvalidContentType("a compressed body is not read")


async def _call_in_parts(request: Request, door: XRoad, content_type: str) -> Response:
    """The same for a message with attachments; it comes to rest on disk before it is looked at."""
    with SpooledTemporaryFile(max_size=mime.IN_MEMORY) as file:
        size = await xroad.body_into(request, _LARGEST, file)
        _one_type_and_plain(request)
        with mime.opened(file, size) as buffer:
            package = await asyncio.to_thread(attachments.read, buffer, content_type, door.max_body)
            message = envelope.read(
                package.soap,
                package.content_type,
                reader.Limits(bytes=door.max_body),
                package.attachments,
            )
            client = str(message.headers.client)
            large = door.large.place(client) if size > door.max_body else nullcontext()
            async with large, door.gate.place(client):
                digest = await asyncio.to_thread(attachments.digest, package.soap, package.attachments)
                raw = _raw(message, buffer[:], content_type, digest)
                return await _answer(request, door, message, raw)


async def _answer(request: Request, door: XRoad, message: Envelope, raw: Raw) -> Response:
    request.state.message = raw
    operation, permit = _admitted(request, door, message)
    asked = _Call(permit, request.state.request_id, message, raw)
    try:
        payload = await _OPERATIONS[operation.name](door, asked)
    except BusinessRefusal as refusal:
        await request.app.state.refusals(request, refusal)
        payload = messages.refusal(message.service.code, refusal)
    else:
        await door.answered(request, operation)
    return Response(envelope.answer(message, payload), media_type=envelope.CONTENT_TYPE)


@dataclass(frozen=True, slots=True)
class _Call:
    """A request that is in order, by a client that may make it."""

    permit: Permit
    request_id: str
    message: Envelope
    raw: Raw


def _admitted(request: Request, door: XRoad, message: Envelope) -> tuple[Operation, Permit]:
    request.state.caller = xroad.caller(message.headers)
    operation = called(door.offered, message.service)
    permit = door.permit(request, message.headers, operation)
    if message.payload.tag != f"{{{schema.namespace(operation.wsdl)}}}{operation.service_code}":
        raise InconsistentHeaders
    if message.refers:
        attachments.resolve(message.payload, message.attachments, door.max_body)
    schema.check(message.payload, operation.wsdl)
    return operation, permit


def _version(asked: _Call, wrapper: str, operation: str) -> tuple[SubmissionIn, Submission]:
    """A referral that is submitted or corrected, and the message that brings it."""
    referral = _read(SubmissionIn, wrapper, messages.referral(asked.message.payload))
    submission = Submission(
        message_id=asked.message.headers.id,
        sender_reference=referral.sender_reference,
        sender_version=referral.version,
        raw=asked.raw,
        referral=referral.referral(),
        operation=operation,
    )
    return referral, submission


async def _submit_referral(door: XRoad, asked: _Call) -> bytes:
    referral, submission = _version(asked, "submitReferral", SUBMIT)
    receipt = await door.intake.submit(asked.permit, submission, referral, asked.request_id)
    return messages.receipt("submitReferral", receipt, with_current=False)


async def _correct_referral(door: XRoad, asked: _Call) -> bytes:
    referral, submission = _version(asked, "correctReferral", CORRECT)
    receipt = await door.amendments.correct(asked.permit, submission, referral, asked.request_id)
    return messages.receipt("correctReferral", receipt, with_current=False)


async def _withdraw_referral(door: XRoad, asked: _Call) -> bytes:
    withdrawal = _read(WithdrawalIn, "withdrawReferral", messages.withdrawal(asked.message.payload))
    submission = Submission(
        message_id=asked.message.headers.id,
        sender_reference=withdrawal.sender_reference,
        sender_version=withdrawal.version,
        raw=asked.raw,
        referral=withdrawal.content(),
        operation=WITHDRAW,
    )
    receipt = await door.amendments.take(asked.permit, submission, asked.request_id)
    return messages.receipt("withdrawReferral", receipt, with_current=False)


async def _report_incident(door: XRoad, asked: _Call) -> bytes:
    incident = _read(IncidentIn, "reportIncident", messages.incident(asked.message.payload))
    submission = Submission(
        message_id=asked.message.headers.id,
        sender_reference=incident.sender_reference,
        sender_version=ONLY_VERSION,
        raw=asked.raw,
        referral=incident.content(),
        operation=REPORT,
    )
    return messages.noted(await door.incidents.report(asked.permit, submission, incident, asked.request_id))


async def _get_referral_status(door: XRoad, asked: _Call) -> bytes:
    receipt = await door.statuses.ask(asked.permit, _query(asked.message), asked.request_id)
    return messages.receipt("getReferralStatus", receipt, with_current=True)


async def _get_flags(door: XRoad, asked: _Call) -> bytes:
    told = messages.flag_question(asked.message.payload)
    question = flags.question(told["personalCode"], asked.message.headers.user_id or "")

    def answer(work: Work, flag: Flag, decision: Decision) -> Response:
        return _disclosed(asked, work, messages.flag(flag), decision, about(question))

    return bytes((await door.flags.ask(asked.permit, question, asked.request_id, answer)).body)


async def _submit_research(door: XRoad, asked: _Call) -> bytes:
    told = _read(ResearchIn, "submitResearch", messages.case_work(asked.message.payload)).answer()
    answer = _settled(asked, "submitResearch", "request")
    message_id = asked.message.headers.id
    done = await door.agency_work.research(asked.permit, message_id, told, asked.request_id, answer)
    return bytes(done.body)


async def _report_action(door: XRoad, asked: _Call) -> bytes:
    told = _read(ActionReportIn, "reportAction", messages.case_work(asked.message.payload)).report()
    casework.check(told)
    answer = _settled(asked, "reportAction", "action")
    message_id = asked.message.headers.id
    done = await door.agency_work.report(asked.permit, message_id, told, asked.request_id, answer)
    return bytes(done.body)


def _settled(asked: _Call, wrapper: str, name: str) -> Callable[[Work, Settled, Decision], Response]:
    def answer(work: Work, settled: Settled, decision: Decision) -> Response:
        told = messages.settled(wrapper, name, settled)
        return _disclosed(asked, work, told, decision, objects(settled))

    return answer


async def _list_actions(door: XRoad, asked: _Call) -> bytes:
    question = _read(ActionQuestionIn, "listActions", messages.case_work(asked.message.payload)).question()

    def answer(work: Work, found: ActionList, decision: Decision) -> Response:
        told = messages.actions(found)
        return _disclosed(asked, work, told, decision, objects(found), AGENCY_WORDS)

    done = await door.agency_work.actions(asked.permit, question, asked.request_id, answer)
    return bytes(done.body)


async def _find_usage(door: XRoad, asked: _Call) -> bytes:
    """The older form of the Data Tracker's question: the same rows by the same statements."""
    tracker, user_id = door.tracker, asked.message.headers.user_id
    question = usage.soap_question(asked.message.payload, user_id, tracker.terms.soap)
    namespace = schema.namespace(door.offered.operations[FIND_USAGE].wsdl)

    def answer(work: Work, page: UsagePage, decision: Decision) -> Response:
        told = usage.soap_answer(namespace, page)
        return _disclosed(asked, work, told, decision, [question.subject])

    return bytes((await tracker.find(asked.permit, question, asked.request_id, answer)).body)


def _disclosed(  # noqa: PLR0913, PLR0917 - the words of one answer
    asked: _Call,
    work: Work,
    payload: bytes,
    decision: Decision,
    about: Sequence[str],
    fields: Iterable[str] = BASIC,
) -> Response:
    return disclose_document(
        work,
        payload,
        envelope.CONTENT_TYPE,
        fields=fields,
        decisions=decision,
        objects=about,
        action="disclose",
        client=asked.permit.caller.subject,
    )


_OPERATIONS: Final[Mapping[str, Callable[[XRoad, _Call], Awaitable[bytes]]]] = {
    SUBMIT: _submit_referral,
    CORRECT: _correct_referral,
    WITHDRAW: _withdraw_referral,
    STATUS: _get_referral_status,
    REPORT: _report_incident,
    RESEARCH: _submit_research,
    ACTIONS: _list_actions,
    ACTION: _report_action,
    FLAGS: _get_flags,
    FIND_USAGE: _find_usage,
}


def _read(form: type[_Form], wrapper: str, content: dict[str, Any]) -> _Form:
    """What the schema cannot say (there is no 31st of June) is a violation of it all the same."""
    try:
        return validation.read(form, content)
    except Malformed as problem:
        places = [messages.placed(wrapper, error) for error in problem.errors]
        raise SchemaViolation(errors=places) from None


def _raw(message: Envelope, body: bytes, content_type: str, digest: bytes) -> Raw:
    """The bytes as they came, parts and all: the content type says where the parts are."""
    return Raw("soap", body, digest, xroad.record(message.headers, {"contentType": content_type}))


def _query(message: Envelope) -> Query:
    asked = messages.query(message.payload)
    if "reference" in asked:
        return ByReference(asked["reference"])
    if "messageId" in asked:
        return ByMessage(asked["messageId"].strip())
    return BySenderReference(asked["senderReference"], asked.get("version"))
