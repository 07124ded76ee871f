"""What is told of a person, and how it is shown: a value is under its class of fields."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from services.cases.model.codes import Role
from services.cases.model.ids import PersonId
from services.cases.model.records import About, Entry, Listed, Told, Value
from services.cases.schemas.referral import Language, Message, Municipality, View
from services.kit.disclose import FieldClass
from services.kit.fields import Day, FreeText, Instant, Name
from services.kit.paging import Page

Code = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Line = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=300)]
CodeText = Annotated[str, StringConstraints(strict=True, max_length=20)]


class ValueIn(Message):
    """What is told; each category has some of these fields (`categories.yaml`), and no other is taken."""

    given_name: Name | None = None
    family_name: Name | None = None
    kind: Code | None = None
    personal_code: CodeText | None = None
    birth_date: Day | None = None
    address: Line | None = None
    municipality: Municipality | None = Field(default=None, description="EHAK code.")
    phone: Line | None = None
    email: Line | None = None
    hours: Line | None = Field(default=None, description="When it is safe.")
    may_leave_message: StrictBool | None = None
    must_not_hear: Line | None = Field(default=None, description="Who must not hear.")
    language: Language | None = None
    interpreter: StrictBool | None = Field(default=None, description="Whether an interpreter is needed.")
    institution: Line | None = Field(default=None, description="School, kindergarten or workplace.")
    day: Day | None = None
    text: FreeText | None = None

    def value(self) -> Value:
        """The fields that are there, by their public names; what is null is not told."""
        told: dict[str, Any] = {
            info.alias or name: getattr(self, name) for name, info in type(self).model_fields.items()
        }
        return {name: one for name, one in told.items() if one is not None}


class EntryIn(Message):
    """Something told of a person: from whom, how sure, from when to when (exclusive)."""

    source: Code = Field(examples=["victim"])
    confidence: Code | None = Field(default=None, examples=["told"])
    valid_from: Day | None = None
    valid_to: Day | None = None
    protected: StrictBool = Field(default=False, description="Must not reach the threatening person.")
    value: ValueIn

    def told(self) -> Told:
        """The same in the words of the model."""
        return Told(
            self.source,
            self.confidence,
            self.valid_from,
            self.valid_to,
            self.protected,
            self.value.value(),
        )


class NewEntryIn(EntryIn):
    """A new entry: of whom, in which role, of which category."""

    person_id: UUID
    role: Role
    category: Code = Field(examples=["phone"])

    def about(self) -> About:
        """Of whom and of what it is told."""
        return About(PersonId(self.person_id), self.role, self.category)


class ReasonIn(Message):
    """Why."""

    reason: Code = Field(examples=["entered-in-error"])


class IdentityValue(View):
    """Who somebody is: a name, a personal code, or a date of birth."""

    given_name: str | None = None
    family_name: str | None = None
    kind: str | None = None
    personal_code: str | None = None
    birth_date: Day | None = None


class ContactValue(View):
    """Where somebody is, and how they are reached without danger."""

    kind: str | None = None
    address: str | None = None
    municipality: str | None = None
    phone: str | None = None
    email: str | None = None
    hours: str | None = None
    may_leave_message: bool | None = None
    must_not_hear: str | None = None
    language: str | None = None
    interpreter: bool | None = None
    institution: str | None = None
    text: str | None = None


class FactValue(View):
    """A fact in words, with its kind and day where the category has them."""

    kind: str | None = None
    day: Day | None = None
    text: str | None = None


class EntryView(View):
    """A version of an entry. Its value is under the class of its category; the others are null."""

    id: UUID
    version: int = Field(ge=1)
    case_id: UUID
    person_id: UUID
    role: Role
    category: str = Field(examples=["phone"])
    source: str = Field(examples=["victim"])
    confidence: str | None
    valid_from: Day | None
    valid_to: Day | None = Field(description="Exclusive.")
    protected: bool
    recorded_at: Instant
    recorded_by: str = Field(description="What tokens call who told it.")
    retracted: str | None = Field(description="Why it does not hold; then there is no value.")
    replaced_at: Instant | None = Field(description="When the next version took its place.")
    identity: Annotated[IdentityValue | None, FieldClass("identity")]
    contact: Annotated[ContactValue | None, FieldClass("contact")]
    risk: Annotated[FactValue | None, FieldClass("risk")]
    health: Annotated[FactValue | None, FieldClass("health")]
    criminal: Annotated[FactValue | None, FieldClass("criminal")]
    narrative: Annotated[FactValue | None, FieldClass("narrative")]

    @classmethod
    def of(cls, entry: Entry, listed: Listed) -> Self:
        """The same in public words."""
        told = entry.told
        return cls(
            id=entry.id,
            version=entry.version,
            case_id=entry.case,
            person_id=entry.person,
            role=entry.role,
            category=entry.category,
            source=told.source,
            confidence=told.confidence,
            valid_from=told.valid_from,
            valid_to=told.valid_to,
            protected=told.protected,
            recorded_at=entry.recorded_at,
            recorded_by=entry.recorded_by,
            retracted=entry.retracted,
            replaced_at=entry.replaced_at,
            **_by_class(listed.categories[entry.category].field_class, told.value),
        )


_VALUES: dict[str, type[View]] = {
    "identity": IdentityValue,
    "contact": ContactValue,
    "risk": FactValue,
    "health": FactValue,
    "criminal": FactValue,
    "narrative": FactValue,
}


def _by_class(field_class: str, value: Value) -> dict[str, Any]:
    shown = _VALUES[field_class].model_validate(dict[str, str | bool | date](value)) if value else None
    return {**dict.fromkeys(_VALUES), field_class: shown}


class EntryPage(View):
    """Entries that hold, the latest recorded first."""

    items: list[EntryView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Entry], listed: Listed) -> Self:
        """The same in public words."""
        return cls(items=[EntryView.of(one, listed) for one in page.items], next=page.next)


class EntryVersions(View):
    """All versions of an entry, the last one first."""

    items: list[EntryView]

    @classmethod
    def of(cls, entries: Sequence[Entry], listed: Listed) -> Self:
        """The same in public words."""
        return cls(items=[EntryView.of(one, listed) for one in entries])
