"""How one instance differs from another."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import StatefulSettings


class Settings(StatefulSettings):
    """Environment variables ``TURVAVORK_EXCHANGE_…`` and those that all services share."""

    model_config = SettingsConfigDict(env_prefix="TURVAVORK_EXCHANGE_")

    cases_url: str = Field(
        default="http://cases:8000",
        validation_alias="TURVAVORK_CASES_URL",
        description="Where services/cases is.",
    )
    indicators_url: str = Field(
        default="http://indicators:8000",
        validation_alias="TURVAVORK_INDICATORS_URL",
        description="Where services/indicators is: the worker brings its checkpoints to the witness.",
    )
    gateway_secret: str = Field(
        default="",
        repr=False,
        description="What the gateway's X-Road listener adds as X-Turvavork-Gateway; at least 16 characters.",
    )
    xroad_instance: Literal["EE", "ee-test", "ee-dev"] = Field(
        default="ee-dev", description="X-Road instance in which we and our partners are registered."
    )
    hand_over: Literal["immediate", "deferred"] = Field(
        default="immediate",
        description="Whether a referral is handed to cases before its sender is answered, or by the worker.",
    )
    hand_over_places: int = Field(
        default=8,
        ge=1,
        description=(
            "Referrals that are handed to cases at once while their senders wait, per process, at the most "
            "(fewer when cases is slow); senders of more are told RECEIVED at once."
        ),
    )
    hand_over_slow: float = Field(
        default=0.1,
        gt=0,
        description="Seconds after which a hand-over was slow: then half as many are made at once.",
    )
    hand_over_budget: float = Field(
        default=0.3,
        gt=0,
        le=10,
        description="Seconds that a sender waits for cases before it is told RECEIVED.",
    )
    intake_places: int = Field(
        default=32, ge=1, description="X-Road requests that are worked on at once, per process."
    )
    intake_queue: int = Field(
        default=64, ge=0, description="X-Road requests that wait for a place; more are told to come again."
    )
    intake_patience: float = Field(
        default=0.5, gt=0, le=10, description="Seconds that an X-Road request waits for a place at the most."
    )
    intake_share: float = Field(
        default=0.6, gt=0, le=1, description="Part of these places that one X-Road client may have."
    )
    flag_quota: int = Field(
        default=300,
        ge=1,
        le=1_000_000,
        description="Questions for a flag that one X-Road client may ask on a day of Europe/Tallinn.",
    )
    flag_budget: float = Field(
        default=3.0, gt=0, le=10, description="Seconds that a question for a flag waits for cases."
    )
    security_server_url: str = Field(
        default="http://security-server:8080", description="Where our security server takes our messages."
    )
    security_server_authority: Path | None = Field(
        default=None, description="File with the certificate authority of the security server, for https."
    )
    security_server_certificate: Path | None = Field(
        default=None, description="File with the certificate that we show to the security server."
    )
    security_server_key: Path | None = Field(default=None, description="File with the key of it.")
    request_hash: Literal["compared", "demanded"] = Field(
        default="compared",
        description=(
            "Whether the requestHash of an answer over SOAP is compared if it is there, or must be there: "
            "then an answer without it is not taken."
        ),
    )
    delivery_places: int = Field(
        default=16,
        ge=1,
        le=64,
        description="Messages that are on the way to one partner at once, per worker.",
    )
    delivery_lease: float = Field(
        default=15.0,
        ge=1,
        le=600,
        description="Seconds after which the messages of a worker that died are taken by another.",
    )
    delivery_first_wait: float = Field(
        default=1.0, gt=0, le=3600, description="Seconds before the second try; doubles with each."
    )
    delivery_longest_wait: float = Field(
        default=300.0, gt=0, le=86400, description="Seconds between two tries at the most."
    )
    delivery_tries: int = Field(
        default=5, ge=1, le=100, description="Tries of an unknown error before a person must decide."
    )
    witness: str | None = Field(
        default=None,
        pattern=r"^[^/]+(/[^/]+){3}$",
        description=(
            "X-Road REST service that witnesses our logs, as class/member/subsystem/service; it is sent "
            "checkpoints every minute, and every five those of cases and indicators."
        ),
    )
