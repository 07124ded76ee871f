"""Referrals come in from ``exchange``, and it asks how they stand."""

import asyncio
from typing import Annotated, TypeVar

from fastapi import Depends, Path, Request, Response

from services.cases.actions.intake import Answer, Intake, Taken
from services.cases.actions.status import status_of
from services.cases.model.problems import ReferralInvalid, ReferralVersionExists
from services.cases.model.referral import Incoming
from services.cases.model.states import public_status, state_name
from services.cases.schemas.referral import (
    HandedIn,
    HandedOverIn,
    IntakeIn,
    OutcomesView,
    ReasonView,
    RefusalView,
    StatusView,
    TakenView,
)
from services.kit.access import permit
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose, reveal
from services.kit.ids import REFERENCE_PATTERN, parse_reference
from services.kit.openapi import problems
from services.kit.policy import Decision, Permit
from services.kit.problem import FieldError, Malformed, NotFound, Overloaded
from services.kit.web import ServiceRouter

T = TypeVar("T")
router = ServiceRouter(tags=["intake"])

Reference = Annotated[
    str,
    Path(
        pattern=REFERENCE_PATTERN,
        description="The public reference, as the sender was told.",
        examples=["TV-Y9F1-VRXT-MN6N-3SHX-N"],
    ),
]


@router.put(
    "/intake/{reference}",
    summary="Take a referral",
    status_code=201,
    response_model=TakenView,
    responses={
        200: {"model": TakenView, "description": "The same again: what became of it"},
        **problems(NotFound, ReferralInvalid, ReferralVersionExists, Overloaded),
    },
)
async def take_referral(
    request: Request,
    reference: Reference,
    body: IntakeIn,
    allowed: Annotated[Permit, Depends(permit("take_referral"))],
) -> Response:
    """Takes a referral once: the same again answers 200 with the first reference, other content 409."""
    checked = checked_reference(reference, "path:reference")

    async def answer(work: Work, taken: Taken, decision: Decision) -> Response:
        return disclose(
            work,
            _taken(taken),
            decisions=decision,
            objects=[taken.id],
            status=201 if taken.first else 200,
            action="disclose",
            client=body.sender.client,
        )

    return await _take(request, allowed, checked, body, answer)


@router.post(
    "/intake",
    summary="Take several referrals",
    response_model=OutcomesView,
    responses=problems(NotFound, Overloaded),
)
async def take_referrals(
    request: Request,
    body: HandedOverIn,
    allowed: Annotated[Permit, Depends(permit("take_referrals"))],
) -> Response:
    """Takes each as a single one is taken, by the same right, and tells what became of each.

    Referrals are known by reference and by sender's version: what was cut off may be sent again.
    """
    each_by = request.app.state.policy.permit(allowed.caller, "take_referral", allowed.purpose)
    references = [
        checked_reference(each.reference, f"/items/{n}/reference") for n, each in enumerate(body.items)
    ]
    waiting = (
        _outcome(request, each_by, reference, one)
        for reference, one in zip(references, body.items, strict=True)
    )
    outcomes = []
    for outcome in await asyncio.gather(*waiting, return_exceptions=True):
        if isinstance(outcome, BaseException):  # one that fails leaves no other half done
            raise outcome
        outcomes.append(outcome)
    return Response(b'{"items":[%b]}' % b",".join(outcomes), media_type="application/json")


async def _outcome(request: Request, allowed: Permit, reference: str, handed: HandedIn) -> bytes:
    """An OutcomeView; what is refused leaves its row in the audit log as a single one does."""
    referral = handed.referral
    request_id = None if handed.request_id is None else str(handed.request_id)

    async def answer(work: Work, taken: Taken, decision: Decision) -> bytes:
        return b'{"taken":%b}' % reveal(
            work,
            _taken(taken),
            decisions=decision,
            objects=[taken.id],
            client=referral.sender.client,
        )

    try:
        return await _take(request, allowed, reference, referral, answer, request_id)
    except (ReferralInvalid, ReferralVersionExists) as problem:
        await request.app.state.refusals(request, problem, request_id)
        refusal = RefusalView(
            type=problem.type_uri(),
            status=problem.status,
            errors=[ReasonView(pointer=e.pointer, code=e.code, reason=e.reason) for e in problem.errors],
        )
        return b'{"refused":%b}' % refusal.model_dump_json(by_alias=True).encode()


async def _take(  # noqa: PLR0913, PLR0917 - what a referral is taken with
    request: Request,
    allowed: Permit,
    reference: str,
    referral: IntakeIn,
    answer: Answer[T],
    request_id: str | None = None,
) -> T:
    intake: Intake = request.app.state.intake
    incoming = Incoming(reference, referral.sender.facts(), referral.canonical(), referral.facts())
    return await intake.take(allowed, request_id or request.state.request_id, incoming, answer)


def _taken(taken: Taken) -> TakenView:
    return TakenView(reference=taken.reference, status=taken.status, band=taken.band)


def checked_reference(reference: str, pointer: str) -> str:
    """A reference in its one spelling; Malformed when its check character does not fit."""
    try:
        return parse_reference(reference)
    except ValueError:
        error = FieldError(pointer, "check-character", "the check character does not fit")
        raise Malformed(errors=[error]) from None


@router.get(
    "/intake/{reference}",
    summary="Read where a referral stands",
    response_model=StatusView,
    responses=problems(NotFound),
)
async def get_intake_status(
    reference: Reference,
    work: Annotated[Work, Depends(unit_of_work("get_intake_status"), scope="function")],
) -> Response:
    """The status of a referral, and since when; an X-Road client sees its own alone."""
    stored, decision = await status_of(work, reference)
    view = StatusView(
        reference=stored.head.reference,
        status=public_status(state_name(stored.state)),
        changed_at=stored.changed_at,
    )
    return disclose(
        work,
        view,
        decisions=decision,
        objects=[stored.head.id],
        action="disclose",
        client=stored.head.sender,
    )
