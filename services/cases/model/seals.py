"""Sealed cases: there for the persons that the seal names, and for nobody else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.cases.model.ids import CaseId


@dataclass(frozen=True, slots=True)
class SealRules:
    """For which agency a role acts that is held in no agency."""

    agency_of_role: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Somebody of an agency wants the seal taken off; somebody of another agency must agree."""

    by: str
    agency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Seal:
    """The seal of a case: who put it on and why, whom it names, and who wants it off."""

    id: UUID
    case: CaseId
    state: str
    reason: str = field(repr=False)
    members: tuple[str, ...]
    sealed_by: str
    sealed_at: datetime
    proposal: Proposal | None
    version: int
