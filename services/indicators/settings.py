"""How one instance differs from another."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import StatefulSettings


class Settings(StatefulSettings):
    """Environment variables ``TURVAVORK_INDICATORS_…`` and those that all services share."""

    model_config = SettingsConfigDict(env_prefix="TURVAVORK_INDICATORS_")

    cases_url: str = Field(
        default="http://cases:8000",
        validation_alias="TURVAVORK_CASES_URL",
        description="Where services/cases is: its event feed, and the appointments of people.",
    )
