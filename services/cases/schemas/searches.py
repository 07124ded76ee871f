"""What one looks for, and what is found: each hit says where, and why it fits."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from services.cases.model.codes import Role, Status
from services.cases.model.searches import Asked, Hit, How
from services.cases.schemas.records import Code, CodeText
from services.cases.schemas.referral import Message, View
from services.kit.disclose import FieldClass
from services.kit.fields import Day
from services.kit.paging import Page

Typed = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=100)]


class SearchIn(Message):
    """A personal code; or a reference; or two of given name, family name and birth date. And why."""

    reason: Code = Field(examples=["new-incident"], description="Why; `searches.yaml` has the codes.")
    personal_code: CodeText | None = None
    reference: Typed | None = Field(default=None, description="As somebody may type it.")
    given_name: Typed | None = Field(default=None, examples=["Mari"])
    family_name: Typed | None = Field(default=None, examples=["Maasikas"])
    birth_date: Day | None = None

    def asked(self) -> Asked:
        """The same, without the form."""
        return Asked(**{name: getattr(self, name) for name in type(self).model_fields})


class MatchedView(View):
    """A field that was asked for, and how it fits.

    `alias`: the name is recorded beside the one that referrals tell. `swapped`: with day and month swapped.
    """

    field: Literal["personal-code", "reference", "names", "name", "birth-date"]
    how: How


class WhoView(View):
    """Who somebody is, as far as it is known where they were found."""

    given_name: str | None
    family_name: str | None
    birth_date: Day | None


class HitView(View):
    """A person's part in a referral, or in a case to which they were added (then without a referral)."""

    person_id: UUID
    role: Role
    region: str
    since: Day = Field(description="The day of referral, or of the opening of the case.")
    referral_id: UUID | None
    reference: str | None
    status: Status | None
    case_id: UUID | None
    matched: list[MatchedView]
    identity: Annotated[WhoView, FieldClass("identity")]


class SearchPage(View):
    """Hits, the latest first; all that the caller may see, and no word of others."""

    items: list[HitView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Hit]) -> Self:
        """The same in public words."""
        return cls(items=[_view(hit) for hit in page.items], next=page.next)


def _view(hit: Hit) -> HitView:
    return HitView(
        person_id=hit.person,
        role=hit.role,
        region=hit.region,
        since=hit.day,
        referral_id=hit.referral,
        reference=hit.reference,
        status=hit.status,
        case_id=hit.case,
        matched=[MatchedView(field=one.field, how=one.how) for one in hit.matched],
        identity=WhoView(
            given_name=hit.who.given_name, family_name=hit.who.family_name, birth_date=hit.who.birth_date
        ),
    )
