"""What an operator reads of messages: where they stand, never what they say."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from pydantic.alias_generators import to_camel

from services.exchange.model.outbox import SkipReason
from services.kit.disclose import FieldClass
from services.kit.fields import Instant
from services.kit.ids import REFERENCE_PATTERN

MessageState = Literal["received", "handed-over", "refused", "waiting", "quarantined", "delivered", "skipped"]
Technical = FieldClass("technical")
REASON_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
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
    message_id: Annotated[str, Technical] = Field(description="The X-Road id: in, the client's own.")
    xroad_request_id: Annotated[str | None, Technical] = Field(
        description="In: the security servers' id of the request."
    )
    kind: str = Field(examples=["caseNotice"])
    protocol: Literal["soap", "rest"] | None
    reference: str = Field(examples=["TV-Y9F1-VRXT-MN6N-3SHX-N"])
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


class RedriveIn(BaseModel):
    """Which of the messages that wait for a person are tried again; what is absent may be anything."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    dry_run: StrictBool = Field(description="Count them, change nothing.")
    most: Annotated[int, Field(strict=True, ge=1, le=500)] = Field(
        default=100, description="How many at the most, the oldest first."
    )
    direction: Literal["in", "out"] | None = None
    partner: Annotated[str | None, Field(max_length=255)] = None
    reference: Annotated[
        str | None, Field(pattern=REFERENCE_PATTERN, examples=["TV-Y9F1-VRXT-MN6N-3SHX-N"])
    ] = None
    reason: Annotated[str | None, Field(pattern=REASON_PATTERN, max_length=60)] = Field(
        default=None, description="Code of the reason.", examples=["partner-failed"]
    )
    since: Annotated[Instant | None, Field(alias="from")] = None
    until: Annotated[Instant | None, Field(alias="to")] = None


class RedriveOut(View):
    """How many there were, and how many of them are tried again."""

    dry_run: bool
    matching: int
    redriven: int
