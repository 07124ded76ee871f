"""What an operator reads of partners: who is sent nothing and why, how the deliveries go."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.exchange.model.outbox import PauseReason
from services.exchange.schemas.messages import ReasonView, Technical, View
from services.kit.fields import Instant

_POLIS = "ee-dev/GOV/70008747/polis"


class PauseIn(BaseModel):
    """To whom nothing is sent for a while, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    partner: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=255)] = Field(
        examples=[_POLIS], description="The X-Road client."
    )
    reason: PauseReason


class PauseView(View):
    """A time in which no try to deliver to the partner begins; open until somebody resumes."""

    id: UUID
    partner: str = Field(examples=[_POLIS])
    state: Literal["open", "ended"]
    reason: ReasonView
    paused_at: Annotated[Instant, Technical]
    paused_by: Annotated[str, Technical] = Field(description="The operator's subject.")
    resumed_at: Annotated[Instant | None, Technical]
    resumed_by: Annotated[str | None, Technical]


class PauseList(View):
    """Pauses, the latest first."""

    items: list[PauseView]


class FailedView(View):
    """Tries of the period that failed alike."""

    origin: Annotated[str, Technical] = Field(
        description="Who said so: transport, security-server, partner, business, answer, content."
    )
    code: Annotated[str, Technical]
    tries: Annotated[int, Technical]


class DeliveriesView(View):
    """How the deliveries to one partner went in the period, and how it stands now."""

    partner: str = Field(examples=[_POLIS])
    paused: Annotated[UUID | None, Technical] = Field(description="The pause that is open now.")
    delivered: Annotated[int, Technical] = Field(description="Messages that the partner took.")
    median_ms: Annotated[int | None, Technical] = Field(
        description="From the queue to the partner; null when it took none."
    )
    p95_ms: Annotated[int | None, Technical]
    tries: Annotated[int, Technical] = Field(description="Tries that ended, whatever came of them.")
    failures: Annotated[list[FailedView], Technical] = Field(
        description="The 50 most frequent, the most frequent first."
    )
    waiting: Annotated[int, Technical] = Field(description="Now.")
    oldest_waiting_seconds: Annotated[int, Technical] = Field(description="Now; 0 when none waits.")
    quarantined: Annotated[int, Technical] = Field(description="Now: messages that wait for a person.")


class DeliveriesReport(View):
    """Deliveries of a period, by partner."""

    since: Instant
    until: Instant
    items: list[DeliveriesView]
