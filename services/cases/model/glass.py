"""Broken glass, and reports of accesses that are out of the ordinary."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.cases.model.ids import CaseId


@dataclass(frozen=True, slots=True)
class GlassRule:
    """How fresh a login must be, how long a case stays open, and who is told beside its owner."""

    login_within_seconds: int
    minutes: int
    reason_at_least: int
    second_agencies: Sequence[str]


@dataclass(frozen=True, slots=True)
class Glass:
    """One member has one case for a while, if there is such a case and it is not closed to the member."""

    id: UUID
    case: UUID
    opened_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class AccessReport:
    """An access out of the ordinary; ``reason`` is what who broke the glass said."""

    id: UUID
    case: CaseId
    region: str
    rule: str
    actor: str
    second_agency: str
    barred: bool
    happened_at: datetime
    reported_at: datetime
    reason: str | None = field(repr=False)
    state: str
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    note: str | None = field(repr=False)
    version: int
