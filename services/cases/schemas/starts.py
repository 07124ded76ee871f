"""The start of a region as a checklist, and advice to a region."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from services.cases.model.starts import Advice, RegionStart, Standard, StandardItem
from services.cases.rules.starts import milestones, missing
from services.cases.schemas.networks import LabelView
from services.cases.schemas.referral import Message, RegionCode
from services.cases.schemas.screening import Code
from services.cases.schemas.views import View
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, FreeText, Instant

Note = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=1000)]


class EvidenceIn(Message):
    """On what evidence an item is confirmed; nobody is named by a personal code."""

    evidence: Note = Field(examples=["Signed on 02.02.2017, kept by the prefecture, no. 4-2/17."])


class MissingIn(Message):
    """Why the first meeting did not wait for an obligatory item."""

    item: Code = Field(examples=["members-trained"])
    why: Note = Field(examples=["The training is on 15.03.2017; the victim could not wait."])


class FirstMeetingIn(Message):
    """The network has met for the first time."""

    held_on: Day
    missing: list[MissingIn] = Field(default_factory=list, max_length=40)


class AdviceIn(Message):
    """What the national team advises a region; about its work, never about a case."""

    topic: Code = Field(examples=["composition"])
    text: FreeText = Field(examples=["Invite the school to the core where most victims have children."])


class ItemView(View):
    """An item of the standard, and who confirmed it when."""

    code: Code = Field(examples=["information-protocol"])
    label: LabelView
    obligatory: bool
    confirmed_by: str | None
    confirmed_at: Instant | None
    evidence: Annotated[str | None, FieldClass("narrative")]


class MilestoneView(View):
    """A milestone: reached once everything obligatory in it is confirmed."""

    code: Code = Field(examples=["rules-ready"])
    label: LabelView
    reached_on: Day | None
    items: list[ItemView]


class MissingView(View):
    """Why the first meeting did not wait for an item."""

    item: Code
    why: Annotated[str, FieldClass("narrative")]


class FirstMeetingView(View):
    """The first meeting."""

    held_on: Day
    recorded_by: str
    recorded_at: Instant
    missing: list[MissingView]


class RegionStartView(View):
    """Where a region stands on its way to the first meeting."""

    region: RegionCode = Field(examples=["polva"])
    milestones: list[MilestoneView]
    missing: list[Code] = Field(description="Obligatory items that nobody has confirmed.")
    first_meeting: FirstMeetingView | None
    version: int = Field(ge=1)

    @classmethod
    def of(cls, start: RegionStart, standard: Standard) -> Self:
        """The same in public words."""
        parts = [
            MilestoneView(
                code=one.code,
                label=LabelView.model_validate(dict(standard.milestones[one.code])),
                reached_on=one.reached_on,
                items=[_item(item, start) for item in one.items],
            )
            for one in milestones(start, standard)
        ]
        return cls(
            region=start.region,
            milestones=parts,
            missing=list(missing(start, standard)),
            first_meeting=_meeting(start),
            version=start.version,
        )


class AdviceView(View):
    """A note of the national team to a region."""

    id: UUID
    region: RegionCode = Field(examples=["polva"])
    topic: Code = Field(examples=["composition"])
    text: Annotated[str, FieldClass("narrative")]
    written_by: str
    written_at: Instant

    @classmethod
    def of(cls, note: Advice) -> Self:
        """The same in public words."""
        return cls(
            id=note.id,
            region=note.region,
            topic=note.topic,
            text=note.text,
            written_by=note.by,
            written_at=note.at,
        )


class AdvicePage(View):
    """Advice to a region, the latest first."""

    items: list[AdviceView]
    next: str | None


def _item(item: StandardItem, start: RegionStart) -> ItemView:
    found = start.confirmations.get(item.code)
    return ItemView(
        code=item.code,
        label=LabelView.model_validate(dict(item.label)),
        obligatory=item.obligatory,
        confirmed_by=None if found is None else found.by,
        confirmed_at=None if found is None else found.at,
        evidence=None if found is None else found.evidence,
    )


def _meeting(start: RegionStart) -> FirstMeetingView | None:
    met = start.first_meeting
    if met is None:
        return None
    missing_items = [MissingView(item=item, why=why) for item, why in met.missing.items()]
    return FirstMeetingView(
        held_on=met.held_on, recorded_by=met.by, recorded_at=met.at, missing=missing_items
    )
