"""From whom a case is kept: a member with a conflict of interest, and why."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.cases.model.ids import CaseId


class ExclusionKind(StrEnum):
    """What the member has to do with the case."""

    PARTY = "party"
    RELATIVE = "relative"
    SAME_HOUSEHOLD = "same-household"
    DECLARED = "declared"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """That a case is kept from a member, until a day (exclusive) or until somebody ends it."""

    id: UUID
    case: CaseId
    member: str
    kind: ExclusionKind
    state: str
    reason: str | None = field(repr=False)
    until: date | None
    recorded_by: str
    recorded_at: datetime
    recorded_on: date
    ended_by: str | None = None
    ended_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class NewExclusion:
    """What is said of it when it is made."""

    member: str
    kind: ExclusionKind
    reason: str = field(repr=False)
    until: date | None
