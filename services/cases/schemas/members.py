"""Offices, sessions, and what a member is told of oneself."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.kit.fields import Day


class OfficeView(BaseModel):
    """An office: role, region and agency; from a day until another (exclusive)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    role: str = Field(examples=["coordinator"])
    region: str | None = Field(examples=["polva"])
    agency: str | None
    valid_from: Day = Field(alias="validFrom")
    valid_to: Day | None = Field(alias="validTo")


class OfficesView(BaseModel):
    """All offices of a member; an unknown member has none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: list[OfficeView]


class MeView(BaseModel):
    """The caller, and the offices that the caller holds today."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str = Field(examples=["dev:coordinator:polva:"])
    offices: list[OfficeView]


class SessionIn(BaseModel):
    """A login at the OIDC issuer, to be exchanged for our access token."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    id_token: Annotated[str, StringConstraints(strict=True, min_length=20, max_length=8192)] = Field(
        alias="idToken", description="The ID token, as the issuer gave it to the front end's server."
    )
    nonce: Annotated[str, StringConstraints(strict=True, min_length=8, max_length=256)] = Field(
        description="The nonce of that login."
    )


class SessionOut(BaseModel):
    """Our access token: it says who, not what."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    access_token: str = Field(alias="accessToken")
    token_type: str = Field(alias="tokenType", examples=["Bearer"])
    expires_in: int = Field(alias="expiresIn", description="Seconds.", examples=[900])
