"""Offices, and what a member is told of oneself."""

from pydantic import BaseModel, ConfigDict, Field
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
    session_ended: bool = Field(
        default=False, description="The session that was asked about has ended: its tokens open nothing."
    )


class MeView(Message):
    """The caller, and the offices that the caller holds today."""

    subject: str = Field(examples=["dev:coordinator:polva:"])
    offices: list[OfficeView]
