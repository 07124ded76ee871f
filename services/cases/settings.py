"""How one instance differs from another."""

from pydantic import Field
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
    score_patience: float = Field(
        default=0.18,
        gt=0,
        le=5,
        description="Seconds that the scorer may take on receipt; then the referral waits for its score.",
    )
