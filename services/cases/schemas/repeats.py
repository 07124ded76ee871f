"""Whether a referral is a repeat, as people read it."""

from typing import Self
from uuid import UUID

from pydantic import Field

from services.cases.model.repeats import Repeats, RepeatState, ShownFinding, Verdict
from services.cases.schemas.referral import View
from services.kit.fields import Day, Instant


class RepeatView(View):
    """What one definition says; of the earlier referral only those learn who may read it."""

    definition: str = Field(examples=["safelives-current"])
    version: str = Field(examples=["2026-11"])
    verdict: Verdict = Field(
        description="`unknown`: within the months, but nobody told whether the incident would be a crime."
    )
    earlier_id: UUID | None
    earlier_reference: str | None = Field(examples=["TV-Y9F1-VRXT-MN6N-3SHX-N"])
    counted_from: Day | None
    until: Day | None = Field(description="The first day on which it would be a new referral.")

    @classmethod
    def of(cls, shown: ShownFinding) -> Self:
        """A finding in public words."""
        finding, reference = shown.finding, shown.reference
        return cls(
            definition=finding.definition,
            version=finding.version,
            verdict=finding.verdict,
            earlier_id=None if reference is None else finding.earlier,
            earlier_reference=reference,
            counted_from=None if reference is None else finding.counted_from,
            until=None if reference is None else finding.until,
        )


class RepeatsView(View):
    """Whether it is a repeat, by each published definition; ``waiting``: it was not looked at yet."""

    state: RepeatState
    settled_at: Instant | None
    found: list[RepeatView]

    @classmethod
    def of(cls, repeats: Repeats) -> Self:
        """What is known."""
        return cls(
            state=repeats.state,
            settled_at=repeats.settled_at,
            found=[RepeatView.of(each) for each in repeats.findings],
        )
