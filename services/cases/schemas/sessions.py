"""Sessions: a login becomes an access token, and ends."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from services.cases.model.sessions import SessionEnd, SessionRecord
from services.cases.schemas.members import Message
from services.kit.fields import Instant
from services.kit.paging import Page

_EXAMPLE_ID = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"


class SessionIn(Message):
    """A login at the OIDC issuer, to be exchanged for our access token."""

    id_token: Annotated[str, StringConstraints(strict=True, min_length=20, max_length=8192)] = Field(
        description="The ID token, as the issuer gave it to the front end's server.",
        examples=["eyJhbGciOiJSUzI1NiJ9.eyJub25jZSI6Im4tMFM2X1d6QTJNaiJ9.c2lnbmF0dXJl"],
    )
    nonce: Annotated[str, StringConstraints(strict=True, min_length=8, max_length=256)] = Field(
        description="The nonce of that login.", examples=["n-0S6_WzA2Mj"]
    )


class SessionOut(Message):
    """Our access token: it says who, not what."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="Seconds.", examples=[900])
    session_id: UUID = Field(
        description="The session: a later login of the same issuer's session goes on with it.",
        examples=[_EXAMPLE_ID],
    )


class SessionView(Message):
    """A session of the caller."""

    id: UUID = Field(examples=[_EXAMPLE_ID])
    current: bool = Field(description="The one in which this was asked.")
    opened_at: Instant
    authenticated_at: Instant
    acr: str = Field(description="The level of assurance of the login.", examples=["high"])
    ends_at: Instant = Field(description="When it ends by itself.")
    ended_at: Instant | None
    end_reason: SessionEnd | None

    @classmethod
    def of(cls, one: SessionRecord, current: UUID | None) -> Self:
        """The same in public words."""
        return cls(
            id=one.id,
            current=one.id == current,
            opened_at=one.opened_at,
            authenticated_at=one.authenticated_at,
            acr=one.acr,
            ends_at=one.ends_at,
            ended_at=one.ended_at,
            end_reason=one.end,
        )


class SessionPage(Message):
    """The caller's sessions, the latest first."""

    items: list[SessionView]
    next: str | None

    @classmethod
    def of(cls, page: Page[SessionRecord], current: UUID | None) -> Self:
        """The same in public words."""
        return cls(items=[SessionView.of(one, current) for one in page.items], next=page.next)
