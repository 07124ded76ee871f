"""Looking for people and referrals: what is asked, what speaks for an answer, and what is found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.cases.model.codes import Role, Status
from services.cases.model.ids import CaseId, PersonId, ReferralId
from services.cases.model.published import Label


class How(StrEnum):
    """How what was asked fits what is known."""

    SAME = "same"
    ALIAS = "alias"
    SWAPPED = "swapped"


@dataclass(frozen=True, slots=True)
class SearchRules:
    """How often a member may look, how many people a question may fit, and for which reasons one looks."""

    hour: int
    day: int
    most_people: int
    reasons: Mapping[str, Label]


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """What somebody asks for, as it came."""

    reason: str
    personal_code: str | None = None
    reference: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    birth_date: date | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Sought:
    """The same in one spelling: what the blind index is asked for, and what is compared.

    ``names`` are given and family name together, ``single`` the only one that was told.
    """

    code: str | None = None
    reference: str | None = None
    names: frozenset[str] = frozenset()
    single: frozenset[str] = frozenset()
    birth: date | None = None
    swapped: date | None = None

    @property
    def births(self) -> Sequence[date]:
        """The birth date, and the one with day and month swapped."""
        return [each for each in (self.birth, self.swapped) if each is not None]


@dataclass(frozen=True, slots=True, repr=False)
class Evidence:
    """What one part in a referral, or one entry about a person, says of who somebody is."""

    code: str | None = None
    names: frozenset[str] = frozenset()
    single: frozenset[str] = frozenset()
    birth: date | None = None
    is_entry: bool = False


@dataclass(frozen=True, slots=True)
class Matched:
    """A field that was asked for, and how it fits."""

    field: str
    how: How


@dataclass(frozen=True, slots=True)
class Who:
    """Who somebody is, as far as it is known where they were found."""

    given_name: str | None = field(repr=False)
    family_name: str | None = field(repr=False)
    birth_date: date | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """A person's part in a referral, or in a case to which they were added; ``id`` is the part's."""

    id: UUID
    day: date
    person: PersonId
    role: Role
    region: str
    referral: ReferralId | None
    reference: str | None
    status: Status | None
    case: CaseId | None
    who: Who
    matched: Sequence[Matched]


@dataclass(frozen=True, slots=True)
class Spent:
    """How many searches a member has made, and after how many seconds there is room for one again."""

    hour: int
    day: int
    hour_frees: int
    day_frees: int
