"""Support persons: the pool of a region, what they have learnt, and the cases that they stand by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from services.cases.model.ids import CaseId
from services.cases.model.published import Label

Words = Mapping[str, Label]


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the training; without the obligatory ones nobody is given a case."""

    code: str
    label: Label
    is_obligatory: bool


@dataclass(frozen=True, slots=True)
class SupportRule:
    """What is published of support persons."""

    usual_places: int
    modules: Mapping[str, Module]
    end_reasons: Words
    contact_channels: Words
    contact_kinds: Words
    contact_outcomes: Words
    contact_retractions: Words
    report_returns: Words
    supervision_kinds: Words


@dataclass(frozen=True, slots=True, repr=False)
class Particulars:
    """Who a support person is, and how to reach them."""

    name: str
    phone: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class Terms:
    """By which terms somebody works: languages (ISO 639), cases at a time, contract (its end exclusive)."""

    languages: tuple[str, ...]
    places: int
    contract_from: date | None
    contract_to: date | None


@dataclass(frozen=True, slots=True)
class SupportPerson:
    """Somebody in the pool of a region; ``subject``: what tokens call them, once they log in."""

    id: UUID
    region: str
    subject: str | None
    particulars: Particulars = field(repr=False)
    terms: Terms
    trained: Mapping[str, date]
    active: int
    last_assigned_on: date | None
    version: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could stand by a victim, and why before or after others."""

    person: SupportPerson
    speaks: bool | None
    """Whether they speak the victim's language; None when it is not known."""
    free_places: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """Somebody stands by the victim of a case, from a day until another."""

    id: UUID
    case: CaseId
    support_person: UUID
    name: str | None = field(repr=False)
    """None to those who do not see the pool."""
    state: str
    started_on: date
    ended_on: date | None
    reason: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Supervision:
    """Support persons of a region were guided, or advised each other."""

    id: UUID
    region: str
    kind: str
    held_on: date
    minutes: int
    participants: Sequence[UUID]
    recorded_by: str
    recorded_at: datetime
