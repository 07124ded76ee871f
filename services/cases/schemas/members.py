"""Offices, sessions, and what a member is told of oneself."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from services.kit.fields import Day


class Message(BaseModel):
    """What comes in or goes out."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True, from_attributes=True
    )


class OfficeView(Message):
    """An office: role, region and agency; from a day until another (exclusive)."""

    role: str = Field(examples=["coordinator"])
    region: str | None = Field(examples=["polva"])
    agency: str | None
    valid_from: Day
    valid_to: Day | None
    principal: str | None = Field(
        description="Whom the holder stands in for, who is away on these days; null: the office is one's own."
    )


class OfficesView(Message):
    """All offices that a member holds; an unknown member holds none."""

    items: list[OfficeView]


class MeView(Message):
    """The caller, and the offices that the caller holds today."""

    subject: str = Field(examples=["dev:coordinator:polva:"])
    offices: list[OfficeView]


class SessionIn(Message):
    """A login at the OIDC issuer, to be exchanged for our access token."""

    id_token: Annotated[str, StringConstraints(strict=True, min_length=20, max_length=8192)] = Field(
        description="The ID token, as the issuer gave it to the front end's server."
    )
    nonce: Annotated[str, StringConstraints(strict=True, min_length=8, max_length=256)] = Field(
        description="The nonce of that login."
    )


class SessionOut(Message):
    """Our access token: it says who, not what."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="Seconds.", examples=[900])
