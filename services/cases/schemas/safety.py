"""Safety plans in public words; what tells where somebody is stands apart, as fewer may read it."""

from collections.abc import Iterable
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.safety import Replaced, SafetyRules, SafetyState, Section, Written
from services.cases.schemas.duties import LabelView
from services.cases.schemas.plan import Words
from services.cases.schemas.referral import Message, View
from services.cases.schemas.screening import Code
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, Instant
from services.kit.paging import Page

_EXAMPLE = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"
_TEXT = "Lähen lastega naabri juurde ja helistan 112."
_MOST = 20


class SectionIn(Message):
    """The text of one published section."""

    code: Code = Field(examples=["in-danger"])
    text: Words = Field(examples=[_TEXT])


class SafetyPlanIn(Message):
    """A plan for somebody in the case, or for the whole family."""

    part_id: UUID | None = Field(default=None, description="Whose part in the case; null: the whole family.")
    sections: list[SectionIn] = Field(max_length=_MOST)

    def texts(self) -> list[tuple[str, str]]:
        """Section by section."""
        return [(each.code, each.text) for each in self.sections]


class SafetyPlanAmendIn(Message):
    """All sections of the plan; what is not among them is not in it any more."""

    sections: list[SectionIn] = Field(max_length=_MOST)

    def texts(self) -> list[tuple[str, str]]:
        """Section by section."""
        return [(each.code, each.text) for each in self.sections]


class AgreeIn(Message):
    """When the victim agreed, and when the plan is looked at again."""

    agreed_on: Day
    review_on: Day


class EndIn(Message):
    """Why nobody follows the plan any more."""

    reason: Code = Field(examples=["no-longer-needed"])


class SectionView(View):
    """A section with its text."""

    code: str = Field(examples=["in-danger"])
    heading: LabelView
    text: str = Field(examples=[_TEXT])


class SafetyPlanView(View):
    """A safety plan. Where words were changed since she agreed, the agreed ones are among its versions."""

    id: UUID = Field(examples=[_EXAMPLE])
    case_id: UUID
    part_id: UUID | None
    state: SafetyState
    agreed_on: Day | None
    review_on: Day | None
    reason: str | None
    version: int
    changed_at: Instant
    sections: Annotated[list[SectionView], FieldClass("narrative")]
    whereabouts: Annotated[list[SectionView], FieldClass("contact")] = Field(
        description="Sections that tell where somebody is, or how to reach her."
    )

    @classmethod
    def of(cls, written: Written, rules: SafetyRules) -> Self:
        """The same in public words."""
        plan = written.plan
        return cls(
            id=plan.id,
            case_id=plan.case,
            part_id=plan.part,
            state=plan.state,
            agreed_on=plan.agreed_on,
            review_on=plan.review_on,
            reason=plan.reason,
            version=plan.version,
            changed_at=plan.changed_at,
            sections=_texts(written, rules, "narrative"),
            whereabouts=_texts(written, rules, "contact"),
        )


class SafetyPlansView(View):
    """The plans of a case, those that are followed first."""

    items: list[SafetyPlanView]

    @classmethod
    def of(cls, found: Iterable[Written], rules: SafetyRules) -> Self:
        """The same in public words."""
        return cls(items=[SafetyPlanView.of(each, rules) for each in found])


class EarlierSafetyPlanView(View):
    """What a plan was until a change replaced it."""

    version: int
    state: SafetyState
    agreed_on: Day | None
    is_agreed: bool = Field(description="She agreed to these words.")
    sections: Annotated[list[SectionView], FieldClass("narrative")]
    whereabouts: Annotated[list[SectionView], FieldClass("contact")]
    replaced_at: Instant
    replaced_by: str = Field(description="What tokens call who changed it.")


class EarlierSafetyPlanPage(View):
    """Earlier versions, the newest first."""

    items: list[EarlierSafetyPlanView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Replaced], rules: SafetyRules) -> Self:
        """The same in public words."""
        return cls(items=[_earlier(each, rules) for each in page.items], next=page.next)


class SafetySectionView(View):
    """A published section of safety plans."""

    code: str = Field(examples=["in-danger"])
    field_class: str = Field(description="The class of fields that its text is of.", examples=["narrative"])
    heading: LabelView
    hint: LabelView


class SafetySectionsView(View):
    """The sections of which a plan is made, in their order."""

    items: list[SafetySectionView]

    @classmethod
    def of(cls, rules: SafetyRules) -> Self:
        """The same in public words."""
        return cls(
            items=[
                SafetySectionView(
                    code=each.code,
                    field_class=each.kind,
                    heading=LabelView(**each.heading),
                    hint=LabelView(**each.hint),
                )
                for each in rules.sections.values()
            ]
        )


def _texts(written: Written, rules: SafetyRules, kind: str) -> list[SectionView]:
    """The texts of a class, in the published order; a section that is published no more stands last.

    What is not known to be harmless is taken to tell where somebody is.
    """
    known = [code for code in rules.sections if code in written.texts]
    order = [*known, *(code for code in written.texts if code not in rules.sections)]
    shown = [(code, rules.sections.get(code)) for code in order]
    return [
        SectionView(code=code, heading=_heading(code, section), text=written.texts[code])
        for code, section in shown
        if (section.kind if section else "contact") == kind
    ]


def _heading(code: str, section: Section | None) -> LabelView:
    return LabelView(**(section.heading if section else dict.fromkeys(("et", "ru", "en"), code)))


def _earlier(replaced: Replaced, rules: SafetyRules) -> EarlierSafetyPlanView:
    plan = replaced.written.plan
    return EarlierSafetyPlanView(
        version=plan.version,
        state=plan.state,
        agreed_on=plan.agreed_on,
        is_agreed=plan.agreed_version == plan.content_version,
        sections=_texts(replaced.written, rules, "narrative"),
        whereabouts=_texts(replaced.written, rules, "contact"),
        replaced_at=replaced.replaced_at,
        replaced_by=replaced.replaced_by,
    )
