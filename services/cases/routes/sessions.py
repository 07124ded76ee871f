"""Sessions: opened by a login, listed and ended by the member, ended by the issuer."""

from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.model.problems import LoginUnavailable, LogoutRefused
from services.cases.schemas.sessions import SessionIn, SessionOut, SessionPage
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.policy import Decision
from services.kit.problem import NotFound, Unauthenticated
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.sessions import Sessions, Token

router = ServiceRouter(tags=["sessions"])
_FORM: Final = "application/x-www-form-urlencoded"
_MOST: Final = 16 * 1024
_LOGOUT: Final = {
    "requestBody": {
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "type": "object",
                    "required": ["logout_token"],
                    "properties": {"logout_token": {"type": "string", "maxLength": 8192}},
                }
            }
        },
    }
}


@router.post(
    "/sessions",
    summary="Exchange a login for an access token",
    status_code=201,
    response_model=SessionOut,
    responses=problems(Unauthenticated, LoginUnavailable),
)
async def create_session(request: Request, login: SessionIn) -> Response:
    """Checks an ID token of the OIDC issuer and gives our access token for the member: who, not what.

    The token is good within a session, which ends after some hours, by the member's logout, or when the
    issuer says so; a login of a session that has ended opens nothing.
    """

    def answer(work: Work, token: "Token", decision: Decision) -> Response:
        view = SessionOut(
            access_token=token.text,
            token_type="Bearer",  # noqa: S106 - its kind
            expires_in=token.seconds,
            session_id=token.session,
        )
        shown: list[str | UUID] = [token.subject, token.session]
        return disclose(work, view, decisions=decision, objects=shown, status=201, action="create")

    return await _sessions(request).open(login.id_token, login.nonce, request.state.request_id, answer)


@router.post(
    "/sessions/back-channel-logout",
    summary="Hear that the issuer's session has ended",
    responses=problems(LogoutRefused, LoginUnavailable),
    openapi_extra=_LOGOUT,
)
async def receive_logout(request: Request) -> Response:
    """OpenID Connect Back-Channel Logout 1.0: the issuer's word ends our sessions, for every service.

    For the issuer's server: this is the address to register there. A token is heard once.
    """
    await _sessions(request).logout(await _logout_token(request), request.state.request_id)
    return Response(status_code=200)


async def _logout_token(request: Request) -> str:
    """The one field of the form; LogoutRefused for anything else."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if media != _FORM or len(body) > _MOST:
        raise LogoutRefused
    try:
        fields = parse_qsl(body.decode("ascii"), strict_parsing=True, max_num_fields=8)
    except ValueError:
        raise LogoutRefused from None
    tokens = [value for name, value in fields if name == "logout_token"]
    if len(tokens) != 1:
        raise LogoutRefused
    return tokens[0]


@router.get("/me/sessions", summary="List my sessions", response_model=SessionPage)
async def list_my_sessions(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_my_sessions"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """Where the caller is or was logged in, the latest first."""
    place = None if cursor is None else Place.parse(cursor)
    decision, page = await _sessions(request).page(work, place, limit)
    view = SessionPage.of(page, work.permit.caller.session)
    objects = [one.id for one in page.items]
    return disclose(work, view, decisions=[decision] * len(page.items), objects=objects)


@router.post(
    "/me/sessions/{session_id}/end",
    summary="End a session of mine",
    status_code=204,
    responses=problems(NotFound),
)
async def end_my_session(
    request: Request,
    session_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("end_my_session"), scope="function")],
) -> Response:
    """Logs out: tokens of the session open nothing from now on, and within 5 seconds nowhere else."""
    await _sessions(request).end(work, session_id)
    return Response(status_code=204)


def _sessions(request: Request) -> "Sessions":
    found: Sessions = request.app.state.sessions
    return found
