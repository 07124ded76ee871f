"""How one instance differs from another."""

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
