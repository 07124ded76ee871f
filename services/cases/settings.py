"""How one instance differs from another."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.kit.settings import StatefulSettings


class Settings(StatefulSettings):
    """Environment variables ``TURVAVORK_CASES_…`` and those that all services share."""

    model_config = SettingsConfigDict(env_prefix="TURVAVORK_CASES_")

    riskscore_url: str = Field(
        default="http://riskscore:8000",
        validation_alias="TURVAVORK_RISKSCORE_URL",
        description="Where services/riskscore is.",
    )
    exchange_url: str = Field(
        default="http://exchange:8000",
        validation_alias="TURVAVORK_EXCHANGE_URL",
        description="Where services/exchange is: it asks the police about call-outs.",
    )
    call_outs_per_second: int = Field(
        default=5,
        ge=0,
        le=100,
        description=(
            "Referrals about which the police are asked within a second at the most, so that it takes "
            "nothing from receiving them; 0: they are never asked."
        ),
    )
    session_hours: int = Field(
        default=12,
        ge=1,
        le=24,
        description="Hours after which a member must log in anew, whatever the issuer's session does.",
    )
    smtp_host: str | None = Field(
        default=None,
        description="The mail server that tells members that something waits; without it nobody is told.",
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["tls", "starttls", "none"] = Field(
        default="starttls",
        description="How the way to it is closed: `tls` from the start, `starttls`, or `none`.",
    )
    smtp_user: str | None = Field(default=None, description="The name to log in with there, if it asks.")
    smtp_password: SecretStr | None = Field(default=None, description="And the password.")
    mail_from: str = Field(
        default="turvavork@localhost", description="From whom the messages are, as the domain allows it."
    )
    portal_url: str = Field(
        default="http://localhost:8480/",
        description="The address of the front end, the only one that a message holds.",
    )
    score_patience: float = Field(
        default=0.18,
        gt=0,
        le=5,
        description="Seconds that the scorer may take on receipt; then the referral waits for its score.",
    )
