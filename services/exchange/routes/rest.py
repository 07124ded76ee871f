"""REST: the same services for partners that speak X-Road REST (service code ``marac``)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from services.exchange.actions import status
from services.exchange.actions.flags import about
from services.exchange.model.flags import Flag
from services.exchange.model.inbox import Raw, Receipt, Submission
from services.exchange.model.offered import CORRECT, FLAGS, PROOF, STATUS, SUBMIT, WITHDRAW
from services.exchange.model.problems import (
    AccessDenied,
    DuplicateHeaderField,
    FlagQuestionInvalid,
    InvalidHeaderField,
    MessageIdReused,
    MissingHeaderField,
    QuotaUsed,
    ReferralInvalid,
    ReferralUnknown,
    ReferralVersionExists,
    ReferralVersionUnexpected,
    ReferralWithdrawn,
)
from services.exchange.model.record import Proof
from services.exchange.model.xroad import Headers
from services.exchange.routes import xroad
from services.exchange.rules import flags
from services.exchange.schemas.flags import FlagOut, FlagQuestionIn
from services.exchange.schemas.receipts import ProofOut
from services.exchange.schemas.referral import (
    LogLeaf,
    Out,
    ReceiptOut,
    SenderReference,
    StatusOut,
    SubmissionIn,
    WithdrawalIn,
)
from services.exchange.wire import rest
from services.kit import openapi
from services.kit.db import Work
from services.kit.disclose import disclose
from services.kit.policy import Decision, Permit
from services.kit.problem import FieldError, Malformed, NotFound, Overloaded, UpstreamUnavailable
from services.kit.strictroute import read_body
from services.kit.web import ServiceRouter

PREFIX: Final = "/xroad/rest/marac/v1"
router = ServiceRouter(prefix=PREFIX)
_MOST_ENTRIES: Final = 2**53
REFUSALS: Final = (
    MissingHeaderField,
    DuplicateHeaderField,
    InvalidHeaderField,
    AccessDenied,
    Overloaded,
    UpstreamUnavailable,
)


def _header(name: str, description: str, *, required: bool = False) -> dict[str, Any]:
    schema = {"type": "string"}
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}


def _headers(*, named: bool = False, filed: bool = False) -> dict[str, Any]:
    """The header fields of an operation, as ``operations.yaml`` demands them.

    ``named``: it must be said who asks; ``filed``: in which matter of the sender's.
    """
    return {
        "parameters": [
            _header("X-Road-Client", "instance/class/code/subsystem of the client", required=True),
            _header("X-Road-Id", "id of the message, echoed in the answer", required=True),
            _header(
                "X-Road-UserId", "who asks, as EE and the personal code; recorded as a claim", required=named
            ),
            _header("X-Road-Issue", "the sender's own case or document; recorded", required=filed),
            _header("X-Road-Represented-Party", "class/code or code of whom the client speaks for; recorded"),
        ]
    }


HEADERS: Final = _headers()
HEADERS_NAMED: Final = _headers(named=True)
HEADERS_FILED: Final = _headers(named=True, filed=True)


class Admitted:
    """The dependency that lets an X-Road client in; guards read ``operation``."""

    def __init__(self, operation: str) -> None:
        self.operation = operation

    async def __call__(self, request: Request) -> AsyncIterator[Permit]:
        """The permit; leaves the header fields and the message on ``request.state``.

        With the scope of the function: the answer is written into the message log before it leaves.
        """
        door = xroad.of(request)
        operation = door.offered.operations[self.operation]
        xroad.noted(request, operation)
        headers = rest.read(request.scope["headers"])
        request.state.xroad, request.state.caller = headers, xroad.caller(headers)
        request.state.message = _raw(request, headers, await request.body())
        yield door.permit(request, headers, operation)
        await door.answered(request, operation)


_admitted_to_submit: Final = asynccontextmanager(Admitted(SUBMIT).__call__)


@router.post(
    "/referrals",
    summary="Submit a referral",
    response_model=ReceiptOut,
    responses=openapi.problems(*REFUSALS, ReferralInvalid, ReferralVersionExists, MessageIdReused),
    openapi_extra=HEADERS,
)
async def submit_referral(
    request: Request,
    permit: Annotated[Permit, Depends(Admitted(SUBMIT), scope="function")],
    referral: SubmissionIn,
) -> Response:
    """Stores the referral and answers with its reference and status."""
    door = xroad.of(request)
    headers: Headers = request.state.xroad
    submission = _version(request, referral, SUBMIT)
    async with door.gate.place(str(headers.client)):
        receipt = await door.intake.submit(permit, submission, referral, request.state.request_id)
    return written(ReceiptOut.of(receipt))


async def submit_straight(request: Request) -> Response:
    """The same past the framework: in its order, with its answers."""
    await request.body()
    async with _admitted_to_submit(request) as permit:
        referral = await read_body(request, SubmissionIn)
        return await submit_referral(request, permit, referral)


@router.post(
    "/corrections",
    summary="Correct a referral",
    response_model=ReceiptOut,
    responses=openapi.problems(
        *REFUSALS,
        ReferralUnknown,
        ReferralInvalid,
        ReferralVersionExists,
        ReferralVersionUnexpected,
        ReferralWithdrawn,
        MessageIdReused,
    ),
    openapi_extra=HEADERS_NAMED,
)
async def correct_referral(
    request: Request,
    permit: Annotated[Permit, Depends(Admitted(CORRECT), scope="function")],
    referral: SubmissionIn,
) -> Response:
    """Replaces what was told of a referral: the next version, under the same reference of the sender."""
    door = xroad.of(request)
    submission = _version(request, referral, CORRECT)
    async with door.gate.place(permit.caller.subject):
        receipt = await door.amendments.correct(permit, submission, referral, request.state.request_id)
    return written(ReceiptOut.of(receipt))


@router.post(
    "/withdrawals",
    summary="Withdraw a referral",
    response_model=ReceiptOut,
    responses=openapi.problems(
        *REFUSALS, ReferralUnknown, ReferralInvalid, ReferralVersionUnexpected, MessageIdReused
    ),
    openapi_extra=HEADERS_NAMED,
)
async def withdraw_referral(
    request: Request,
    permit: Annotated[Permit, Depends(Admitted(WITHDRAW), scope="function")],
    withdrawal: WithdrawalIn,
) -> Response:
    """Takes back what nobody has decided on; after a decision it is noted, and the decision stands."""
    door = xroad.of(request)
    headers: Headers = request.state.xroad
    submission = Submission(
        headers.id,
        withdrawal.sender_reference,
        withdrawal.version,
        request.state.message,
        withdrawal.content(),
        headers.request_id,
        operation=WITHDRAW,
    )
    async with door.gate.place(str(headers.client)):
        receipt = await door.amendments.take(permit, submission, request.state.request_id)
    return written(ReceiptOut.of(receipt))


@router.get(
    "/referrals/{reference}",
    summary="How a referral stands, by our reference",
    response_model=StatusOut,
    responses=openapi.problems(*REFUSALS, ReferralUnknown),
    openapi_extra=HEADERS,
)
async def get_referral_status(
    request: Request,
    permit: Annotated[Permit, Depends(Admitted(STATUS), scope="function")],
    reference: Annotated[str, Path(max_length=40, examples=["TV-0000-0000-0000-0000-0"])],
) -> Response:
    """Answers the sender alone."""
    return await _status(request, permit, status.ByReference(reference))


@router.get(
    "/referrals",
    summary="How a referral stands, by the sender's own reference or message id",
    response_model=StatusOut,
    responses=openapi.problems(*REFUSALS, ReferralUnknown),
    openapi_extra=HEADERS,
)
async def find_referral_status(
    request: Request,
    permit: Annotated[Permit, Depends(Admitted(STATUS), scope="function")],
    sender_reference: Annotated[SenderReference | None, Query(alias="senderReference")] = None,
    version: Annotated[int | None, Query(ge=1, le=9999)] = None,
    message_id: Annotated[str | None, Query(alias="messageId", min_length=1, max_length=255)] = None,
) -> Response:
    """Takes ``senderReference`` (with ``version``, else the latest) or ``messageId``."""
    if (sender_reference is None) == (message_id is None) or (message_id and version is not None):
        reason = "ask by senderReference, with or without version, or by messageId"
        raise Malformed(errors=[FieldError("query", "one-of", reason)])
    if message_id is not None:
        return await _status(request, permit, status.ByMessage(message_id))
    return await _status(request, permit, status.BySenderReference(sender_reference or "", version))


@router.post(
    "/flags",
    summary="Ask for a flag",
    response_model=FlagOut,
    responses=openapi.problems(*REFUSALS, FlagQuestionInvalid, QuotaUsed),
    openapi_extra=HEADERS_FILED,
)
async def get_flags(
    request: Request,
    permit: Annotated[Permit, Depends(Admitted(FLAGS), scope="function")],
    asked: FlagQuestionIn,
) -> Response:
    """Whether somebody is a victim in an open case; of everybody else, and of what is kept silent: no."""
    door = xroad.of(request)
    headers: Headers = request.state.xroad
    question = flags.question(asked.personal_code, headers.user_id or "")
    client = permit.caller.subject

    def answer(work: Work, flag: Flag, decision: Decision) -> Response:
        told = FlagOut(flag=flag)
        return disclose(
            work, told, decisions=decision, objects=about(question), action="disclose", client=client
        )

    async with door.gate.place(client):
        return await door.flags.ask(permit, question, request.state.request_id, answer)


@router.get(
    "/receipts/{receipt}",
    summary="The proof that our message log has a message, by its receipt",
    response_model=ProofOut,
    responses=openapi.problems(*REFUSALS, NotFound),
    openapi_extra=HEADERS,
)
async def get_receipt_proof(
    request: Request,
    permit: Annotated[Permit, Depends(Admitted(PROOF), scope="function")],
    receipt: LogLeaf,
    size: Annotated[
        int | None, Query(ge=1, le=_MOST_ENTRIES, description="Of the tree: one that a witness has signed.")
    ] = None,
) -> Response:
    """Answers the sender of the message alone; a second after the receipt at the latest."""
    client = permit.caller.subject

    def answer(work: Work, proof: Proof, decision: Decision) -> Response:
        view = ProofOut.of(proof)
        return disclose(work, view, decisions=decision, objects=[receipt], action="disclose", client=client)

    door, leaf = xroad.of(request), bytes.fromhex(receipt)
    async with door.gate.place(client):
        return await door.receipts.prove(permit, leaf, size, request.state.request_id, answer)


def _version(request: Request, referral: SubmissionIn, operation: str) -> Submission:
    """The message that brings a referral, submitted or corrected."""
    headers: Headers = request.state.xroad
    return Submission(
        headers.id,
        referral.sender_reference,
        referral.version,
        request.state.message,
        referral.referral(),
        headers.request_id,
        operation,
    )


async def _status(request: Request, permit: Permit, query: status.Query) -> Response:
    door = xroad.of(request)
    async with door.gate.place(permit.caller.subject):
        receipt: Receipt = await door.statuses.ask(permit, query, request.state.request_id)
    return written(StatusOut.of(receipt))


def written(body: Out) -> Response:
    """An answer that an action has audited."""
    return Response(body.model_dump_json(by_alias=True), media_type="application/json")


def _raw(request: Request, headers: Headers, body: bytes) -> Raw:
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    transport = {
        "method": request.method,
        "path": path.decode("latin-1"),
        "query": query.decode("latin-1"),
        "contentType": request.headers.get("content-type", ""),
    }
    digest = rest.digest(request.method, path, query, body)
    return Raw("rest", body, digest, xroad.record(headers, transport))
