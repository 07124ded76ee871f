"""The inbox: what waits for the caller, by when, and where to find it; nothing of what it is about."""

from collections.abc import Iterable, Mapping
from typing import Self
from uuid import UUID

from pydantic import Field

from services.cases.model.clocks import ClockRule
from services.cases.model.duties import ADDRESSES, Duty, DutyCount, DutyStanding, Thing
from services.cases.schemas.referral import View
from services.kit.fields import Day
from services.kit.paging import Page

_EXAMPLE = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"
Rules = Mapping[str, ClockRule]


class LabelView(View):
    """A name in the three languages."""

    et: str = Field(examples=["Pöördumine ootab otsust"])
    ru: str = Field(examples=["Обращение ждёт решения"])
    en: str = Field(examples=["A referral waits for a decision"])


class ThingView(View):
    """What a duty leads to."""

    kind: Thing
    id: UUID = Field(examples=[_EXAMPLE])
    href: str = Field(
        description="Below `/api/cases/v1`; reading it needs its own right.",
        examples=[f"/referrals/{_EXAMPLE}"],
    )


class DutyView(View):
    """Something that waits for somebody."""

    id: UUID = Field(examples=[_EXAMPLE])
    clock: str = Field(description="Code of the published clock.", examples=["screening"])
    label: LabelView
    thing: ThingView
    referral_id: UUID | None
    case_id: UUID | None
    region: str = Field(examples=["polva"])
    role: str = Field(description="Whose it is.", examples=["coordinator"])
    agency: str | None
    mine: bool = Field(description="It waits for the caller by name, not for whoever holds the office.")
    due_on: Day = Field(description="The last day on which it is in time.")
    state: DutyStanding
    escalated: bool = Field(description="It is overdue so long that the coordinator sees it as well.")
    settled_on: Day | None


class DutyPage(View):
    """Duties, what is due first first."""

    items: list[DutyView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Duty], rules: Rules) -> Self:
        """The same in public words."""
        return cls(items=[_view(each, rules) for each in page.items], next=page.next)


class DutyCountView(View):
    """How much of one kind is open in a region."""

    region: str = Field(examples=["polva"])
    clock: str = Field(examples=["screening"])
    label: LabelView
    open: int = Field(examples=[4])
    soon: int = Field(description="Of these, due within the days of warning.", examples=[1])
    overdue: int = Field(examples=[1])
    escalated: int = Field(examples=[0])


class DutyCountsView(View):
    """Open duties by region and clock; what nothing waits for is not there."""

    items: list[DutyCountView]

    @classmethod
    def of(cls, counted: Iterable[DutyCount], rules: Rules) -> Self:
        """The same in public words."""
        return cls(
            items=[
                DutyCountView(
                    region=each.region,
                    clock=each.clock,
                    label=_label(each.clock, rules),
                    open=each.open,
                    soon=each.soon,
                    overdue=each.overdue,
                    escalated=each.escalated,
                )
                for each in counted
            ]
        )


def _label(clock: str, rules: Rules) -> LabelView:
    """A clock that is published no more has its code for a name."""
    rule = rules.get(clock)
    return LabelView(**(rule.label if rule else dict.fromkeys(("et", "ru", "en"), clock)))


def _view(duty: Duty, rules: Rules) -> DutyView:
    about = duty.about
    href = ADDRESSES[about.thing].format(id=about.id, referral=about.referral, case=about.case)
    return DutyView(
        id=duty.id,
        clock=duty.clock,
        label=_label(duty.clock, rules),
        thing=ThingView(kind=about.thing, id=about.id, href=href),
        referral_id=about.referral,
        case_id=about.case,
        region=about.region,
        role=duty.waits.role,
        agency=duty.waits.agency,
        mine=duty.mine,
        due_on=duty.term.due_on,
        state=duty.standing,
        escalated=duty.escalated,
        settled_on=duty.settled_on,
    )
