"""The report of a new incident, as ``exchange`` hands it over, and what it is told."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.cases.model.reported import Report
from services.cases.schemas.referral import Code, Message, Reference, ReferrerIn, SenderIn, View
from services.kit.fields import FreeText, Instant

_MOST_THREATENING = 5
Kind = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9-]{0,40}$")]


class ReportedIncidentIn(Message):
    """Something that was done to somebody, as an agency reports it."""

    occurred_at: Instant
    kind: Kind = Field(examples=["threat"])
    description: FreeText
    victim: Code = Field(description="Personal code of the victim.", examples=["48805042711"])
    threatening_persons: list[Code] | None = Field(
        default=None,
        min_length=1,
        max_length=_MOST_THREATENING,
        description="Personal codes, as far as known.",
    )
    reporter: ReferrerIn
    sender: SenderIn

    def report(self, reference: str) -> Report:
        """The same in the words of the model; who reported is told with the story."""
        who = f"{self.reporter.name}, {self.reporter.unit}"
        return Report(
            reference=reference,
            sender=self.sender.facts(),
            kind=self.kind,
            occurred_at=self.occurred_at,
            description=f"{self.description}\n\n({who})",
            victim=self.victim,
            threatening=tuple(self.threatening_persons or ()),
        )


class ReportedIncidentView(View):
    """That the report is here; the same whether the people are known or not."""

    reference: Reference
    status: Literal["RECEIVED"] = "RECEIVED"
