"""Who may act: offices for other services, the caller's own, and sessions after a login."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Query, Request, Response

from services.cases.actions import members
from services.cases.model.members import Appointed
from services.cases.model.problems import LoginUnavailable
from services.cases.schemas.members import MeView, OfficesView, OfficeView, SessionIn, SessionOut
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.openapi import problems
from services.kit.policy import Decision
from services.kit.problem import Unauthenticated
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.sessions import Sessions, Token

router = ServiceRouter(tags=["members"])


@router.get("/offices", summary="List a member's offices", response_model=OfficesView)
async def list_offices(
    work: Annotated[Work, Depends(unit_of_work("list_offices"), scope="function")],
    subject: Annotated[str, Query(min_length=1, max_length=255, description="What tokens call the member.")],
) -> Response:
    """The offices that are held today, for a service that asks for itself; none for an unknown member."""
    decision = work.permit.on({})
    view = OfficesView(items=_views(await members.offices_of(work, subject)))
    return disclose(work, view, decisions=decision, objects=[subject])


@router.get("/me", summary="Read who I am", response_model=MeView)
async def get_me(
    work: Annotated[Work, Depends(unit_of_work("get_me"), scope="function")],
) -> Response:
    """The caller and the offices that the caller holds today."""
    decision = work.permit.on({})
    subject = work.permit.caller.subject
    view = MeView(subject=subject, offices=_views(await members.offices_of(work, subject)))
    return disclose(work, view, decisions=decision, objects=[subject])


def _views(offices: Sequence[Appointed]) -> list[OfficeView]:
    return [OfficeView.model_validate(each) for each in offices]


@router.post(
    "/sessions",
    summary="Exchange a login for an access token",
    status_code=201,
    response_model=SessionOut,
    responses=problems(Unauthenticated, LoginUnavailable),
)
async def create_session(request: Request, login: SessionIn) -> Response:
    """Checks an ID token of the OIDC issuer and gives our access token for the member: who, not what."""

    def answer(work: Work, token: "Token", decision: Decision) -> Response:
        view = SessionOut(access_token=token.text, token_type="Bearer", expires_in=token.seconds)  # noqa: S106 - its kind
        return disclose(work, view, decisions=decision, objects=[token.subject], status=201, action="create")

    sessions: Sessions = request.app.state.sessions
    return await sessions.open(login.id_token, login.nonce, request.state.request_id, answer)
