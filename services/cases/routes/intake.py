"""Referrals come in from ``exchange``, and it asks how they stand."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response

from services.cases.actions.intake import Intake, Taken
from services.cases.actions.status import status_of
from services.cases.model.problems import ReferralInvalid, ReferralVersionExists
from services.cases.model.referral import Incoming
from services.cases.model.states import public_status, state_name
from services.cases.schemas.referral import IntakeIn, StatusView, TakenView
from services.kit.access import permit
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.ids import REFERENCE_PATTERN, parse_reference
from services.kit.openapi import problems
from services.kit.policy import Decision, Permit
from services.kit.problem import FieldError, Malformed, NotFound, Overloaded
from services.kit.web import ServiceRouter

router = ServiceRouter(tags=["intake"])

Reference = Annotated[
    str,
    Path(
        pattern=REFERENCE_PATTERN,
        description="The public reference, as the sender was told.",
        examples=["TV-7K3M-9Q2X-4D8R-W6HF-5"],
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
    try:
        checked = parse_reference(reference)
    except ValueError:
        error = FieldError("path:reference", "check-character", "the check character does not fit")
        raise Malformed(errors=[error]) from None
    sender = body.sender.facts()

    async def answer(work: Work, taken: Taken, decision: Decision) -> Response:
        return disclose(
            work,
            TakenView(reference=taken.reference, status=taken.status, band=taken.band),
            decisions=decision,
            objects=[taken.id],
            status=201 if taken.first else 200,
            action="disclose",
            client=sender.client,
        )

    intake: Intake = request.app.state.intake
    incoming = Incoming(checked, sender, body.canonical(), body.facts())
    return await intake.take(allowed, request.state.request_id, incoming, answer)


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
