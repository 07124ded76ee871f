"""Requests of people for what is kept of them, what was decided, and what they are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from services.cases.model.codes import Role
from services.cases.model.dossiers import Contact, Identity
from services.cases.model.ids import CaseId, ReferralId
from services.cases.model.published import Label
from services.cases.model.records import Value


@dataclass(frozen=True, slots=True)
class SubjectAccessRules:
    """Everything published about it; ``categories`` are those whose entries are told."""

    answer_months: int
    restriction_months: int
    parts: Mapping[str, Label]
    categories: Sequence[str]
    leave_out: frozenset[str]
    guarded: frozenset[Role]
    grounds: Mapping[str, Label]


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """What somebody decides: ``action`` of the machine; a restriction has ground, reason and last day."""

    action: str
    withheld: Sequence[str]
    ground: str | None
    reason: str | None = field(repr=False)
    until: date | None


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """A person asks a network what it keeps of them."""

    id: UUID
    region: str
    personal_code: str = field(repr=False)
    received_on: date
    recorded_by: str
    recorded_at: datetime
    state: str
    withheld: Sequence[str]
    ground: str | None
    reason: str | None = field(repr=False)
    restricted_on: date | None
    restricted_until: date | None
    decided_by: str | None
    decided_at: datetime | None
    exported_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True, repr=False)
class ToldPart:
    """What a person is told of one referral; None is withheld, or not kept."""

    referral: ReferralId
    case: CaseId | None
    role: Role | None
    identity: Identity | None
    contact: Contact | None


@dataclass(frozen=True, slots=True, repr=False)
class ToldEntry:
    """What was written down of the person, without words."""

    category: str
    value: Value
    recorded_on: date


@dataclass(frozen=True, slots=True, repr=False)
class AccessExport:
    """What a person is told."""

    request: AccessRequest
    parts: Sequence[ToldPart]
    entries: Sequence[ToldEntry]
