"""What a person was told, wishes, agrees and objects to, and what the law allows: separate facts.

A fact is never changed. A later one takes the place of an earlier one of its kind; one that was written down
by mistake is voided, and both stay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.cases.model.codes import Role
from services.cases.model.ids import CaseId, PersonId
from services.cases.model.published import Label


class FactKind(StrEnum):
    """What a fact is about."""

    INFORMED = "informed"
    WISH = "wish"
    CONSENT = "consent"
    OBJECTION = "objection"
    BASIS = "basis"
    VOID = "void"


class Informed(StrEnum):
    """Whether somebody knows that the network works on the case."""

    TOLD = "told"
    NOT_TOLD = "not-told"


class Wish(StrEnum):
    """What somebody wishes, in one word."""

    WANTS_HELP = "wants-help"
    NO_HELP = "no-help"
    UNDECIDED = "undecided"


class ConsentValue(StrEnum):
    """What became of the question for consent."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ObjectionValue(StrEnum):
    """OAS § 7(5): from now on nothing is offered; or that is over."""

    OBJECTS = "objects"
    LIFTED = "lifted"


class Scope(StrEnum):
    """What consent is about."""

    SHARING = "sharing"
    SERVICES = "services"
    CONTACT = "contact"
    SUPPORT_PERSON = "support-person"


class Manner(StrEnum):
    """How it was said."""

    IN_PERSON = "in-person"
    BY_PHONE = "by-phone"
    IN_WRITING = "in-writing"
    THROUGH_INTERPRETER = "through-interpreter"


class Capacity(StrEnum):
    """Whether the person could decide."""

    ABLE = "able"
    WITH_SUPPORT = "with-support"
    NOT_ABLE = "not-able"
    NOT_ASSESSED = "not-assessed"


class WhyNot(StrEnum):
    """Why somebody was not told, or a fact is void."""

    NOT_SAFE = "not-safe"
    NOT_REACHED = "not-reached"
    NOT_YET = "not-yet"
    ENTERED_IN_ERROR = "entered-in-error"
    WRONG_PERSON = "wrong-person"


class Allows(StrEnum):
    """What a legal basis allows."""

    PROCESS = "process"
    SHARE = "share"
    OFFER_SERVICES = "offer-services"


class AsksFor(StrEnum):
    """What must be there beside the basis itself."""

    CONSENT = "consent"
    NECESSITY = "necessity"


@dataclass(frozen=True, slots=True)
class Basis:
    """A published legal basis, in force from a day until another (exclusive)."""

    code: str
    statute: str
    paragraph: str
    valid_from: date
    valid_to: date | None
    roles: frozenset[Role]
    allows: frozenset[Allows]
    asks_for: AsksFor
    recipients: frozenset[str] | None
    label: Label

    def in_force(self, on: date) -> bool:
        """Whether it holds on a day."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True)
class Bases:
    """All legal bases, and on which the agencies named at screening take part, from which day on."""

    by_code: Mapping[str, Basis]
    screening: Sequence[tuple[date, str]]
    purposes: Mapping[str, bool]
    """Whether services are offered, by the purpose of a share."""
    endings: Mapping[str, Label]

    def at_screening(self, on: date) -> str:
        """On which basis the agencies take part that are named at screening."""
        return [code for since, code in self.screening if since <= on][-1]


@dataclass(frozen=True, slots=True, repr=False)
class Words:
    """What a fact says in words; sealed."""

    note: str | None = None
    necessity: str | None = None
    proportionality: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class ToldFact:
    """A fact as somebody tells it; ``rules.consent.check`` looks at it."""

    person: PersonId
    kind: FactKind
    value: str
    said_at: datetime
    scope: tuple[Scope, ...] = ()
    manner: Manner | None = None
    language: str | None = None
    capacity: Capacity | None = None
    reason: WhyNot | None = None
    agency: str | None = None
    words: Words = Words()


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact as it is kept, without its words; ``voids`` is the fact that a void one takes back."""

    id: UUID
    case: CaseId
    person: PersonId
    number: int
    kind: FactKind
    value: str
    said_at: datetime
    recorded_at: datetime
    recorded_by: str
    scope: tuple[Scope, ...]
    manner: Manner | None
    language: str | None
    capacity: Capacity | None
    reason: WhyNot | None
    agency: str | None
    voids: UUID | None


@dataclass(frozen=True, slots=True, repr=False)
class WordedFact:
    """A fact with its words, and whether it was taken back."""

    fact: Fact
    words: Words
    voided: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with one person; ``consent`` is given while it is for any scope."""

    person: PersonId
    informed: Informed | None = None
    informed_at: datetime | None = None
    reason: WhyNot | None = None
    wish: Wish | None = None
    consent: ConsentValue | None = None
    consent_at: datetime | None = None
    scopes: Sequence[Scope] = ()
    objection: ObjectionValue | None = None
    objects_since: datetime | None = None
    bases: Sequence[str] = ()
