"""What an operator reads of messages: where they stand, never what they say."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.exchange.model.outbox import SkipReason
from services.kit.disclose import FieldClass
from services.kit.fields import Instant

MessageState = Literal["received", "handed-over", "refused", "waiting", "quarantined", "delivered", "skipped"]
Technical = FieldClass("technical")
_EXAMPLE_ID = "6d0f4b0e-3f0e-4f57-9d0b-2b9f1f6c3a10"


class View(BaseModel):
    """What is read: complete or absent, never null where it may not be seen."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, alias_generator=to_camel)


class ReasonView(View):
    """Why a message waits for a person, or was skipped."""

    code: str = Field(examples=["partner-refused"])
    et: str
    ru: str
    en: str


class MessageView(View):
    """A message: in (from a partner to the case register) or out (from us to a partner)."""

    id: UUID = Field(examples=[_EXAMPLE_ID], description="Out: also the X-Road id of every try.")
    direction: Literal["in", "out"]
    partner: str = Field(examples=["ee-dev/GOV/70008747/polis"], description="The X-Road client.")
    kind: str = Field(examples=["caseNotice"])
    protocol: Literal["soap", "rest"] | None
    reference: str = Field(examples=["TV-7K3M-9Q2X-4D8R-W6HF-5"])
    stream: UUID | None = Field(description="Out: messages of one partner and stream go in order.")
    number: int | None = Field(description="Out: its place in that order.", examples=[1])
    state: MessageState
    reason: ReasonView | None
    at: Instant = Field(description="When it came in, or was put into the queue.")
    settled_at: Instant | None
    next_try_at: Annotated[Instant | None, Technical] = Field(
        description="Not before this; null when it is not its turn."
    )
    tries: Annotated[int, Technical]
    code: Annotated[str | None, Technical] = Field(
        description="The last error, as the partner or a security server called it.",
        examples=["server.serverproxy.io_error"],
    )


class TryView(View):
    """One try to deliver a message; without a code, the partner took it."""

    number: Annotated[int, Technical]
    ended_at: Annotated[Instant, Technical]
    duration_ms: Annotated[int, Technical]
    outcome: Annotated[Literal["delivered", "failed", "quarantined"], Technical]
    origin: Annotated[str | None, Technical] = Field(
        description="Who said so: transport, security-server, partner, business, answer, content."
    )
    code: Annotated[str | None, Technical]
    status: Annotated[int | None, Technical] = Field(description="HTTP status, where it says something.")


class MessageDetailView(MessageView):
    """A message with its last 100 tries, the latest first."""

    history: list[TryView]


class MessagePage(View):
    """Messages, the newest first."""

    items: list[MessageView]
    next: str | None


class SkipIn(BaseModel):
    """Why a message is never sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: SkipReason
