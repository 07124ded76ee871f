"""The question for a flag, its answer, and the alarms of what was kept silent."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from services.cases.model.flags import Alarm, Flag
from services.cases.schemas.referral import Message, View
from services.kit.fields import Instant
from services.kit.paging import Page

PersonalCode = Annotated[str, StringConstraints(strict=True, pattern="^[0-9]{11}$")]


class FlagIn(Message):
    """Of whom an agency asks."""

    personal_code: PersonalCode = Field(examples=["48805042711"])


class FlagView(View):
    """Whether somebody is a victim in an open case; of everybody else, and of what is sealed: no."""

    flag: Flag


class FlagAlarmView(View):
    """An agency asked about the victim of a sealed case, and was told no."""

    id: UUID
    case_id: UUID
    region: str
    client: str = Field(description="The X-Road client that asked.", examples=["ee-dev/GOV/70008747/polis"])
    asked_at: Instant


class FlagAlarmPage(View):
    """Alarms, the newest first."""

    items: list[FlagAlarmView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Alarm]) -> Self:
        """The same in public words."""
        return cls(
            items=[
                FlagAlarmView(
                    id=one.id,
                    case_id=one.case,
                    region=one.region,
                    client=one.client,
                    asked_at=one.asked_at,
                )
                for one in page.items
            ],
            next=page.next,
        )
