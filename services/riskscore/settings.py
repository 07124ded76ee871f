"""How one instance differs from another."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Environment variables ``TURVAVORK_RISKSCORE_…`` and those that all services share."""

    model_config = SettingsConfigDict(env_prefix="TURVAVORK_RISKSCORE_")

    cases_url: str = Field(
        default="http://cases:8000",
        validation_alias="TURVAVORK_CASES_URL",
        description="Where services/cases is: it tells the appointments of people.",
    )
