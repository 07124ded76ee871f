"""Settings common to the services: from the environment, or from files of the same names.

A service subclasses :class:`ServiceSettings` (or :class:`StatefulSettings`) and sets its prefix::

    class Settings(StatefulSettings):
        model_config = SettingsConfigDict(env_prefix="TURVAVORK_CASES_")

``TURVAVORK_SECRETS`` may name a folder with one file per setting, named like its variable (any case), as
container engines mount secrets; the environment wins. Every field has a description: it goes into the guide.
"""

import os
from pathlib import Path
from typing import Final, Literal

from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

SECRETS: Final = "TURVAVORK_SECRETS"


class ServiceSettings(BaseSettings):
    """What every service can be told; without a database."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, populate_by_name=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    keys: Path = Field(
        default=Path("var/keys"),
        validation_alias="TURVAVORK_KEYS",
        description="Folder of the key files.",
    )
    development: bool = Field(
        default=False,
        validation_alias="TURVAVORK_DEVELOPMENT",
        description="Accept tokens of the development issuer. Never in production.",
    )
    oidc_issuer: str | None = Field(
        default=None,
        validation_alias="TURVAVORK_OIDC_ISSUER",
        description="Address of the OIDC issuer (TARA, GovSSO or another) whose logins are accepted.",
    )
    oidc_client_id: str | None = Field(
        default=None,
        validation_alias="TURVAVORK_OIDC_CLIENT_ID",
        description="Our client id at that issuer.",
    )
    oidc_acr: str = Field(
        default="high",
        min_length=1,
        validation_alias="TURVAVORK_OIDC_ACR",
        description=(
            "The level of assurance (`acr`) that a login must have, as the issuer calls it; none lower."
        ),
    )
    training: bool = Field(
        default=False,
        validation_alias="TURVAVORK_TRAINING",
        description="A place to learn, with people who are not: it is said on every document.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        validation_alias="TURVAVORK_LOG_LEVEL",
        description="Least severe level that is logged.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - there are no .env files here
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - replaced by ours
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the folder of secrets, if one is named."""
        sources = (init_settings, env_settings)
        folder = os.environ.get(SECRETS)
        return (*sources, SecretsSettingsSource(settings_cls, secrets_dir=folder)) if folder else sources


class StatefulSettings(ServiceSettings):
    """What a service with a database can be told as well."""

    database_url: str = Field(
        default="",
        repr=False,
        description="postgresql://… of the service's own database, in the role <database>_app.",
    )
    pool_size: int = Field(
        default=10, ge=1, le=100, description="Connections to the database at the most, per process."
    )
    witness_folder: Path | None = Field(
        default=None,
        validation_alias="TURVAVORK_WITNESS_FOLDER",
        description=(
            "Folder, kept by others, into which the workers write the checkpoints of the logs for "
            "`turvavork verify --witness`; none is written when it is not set."
        ),
    )
