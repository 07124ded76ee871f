"""Whether persons may see in the Data Tracker that data about them left a case: one by one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.cases.model.ids import CaseId, PersonId
from services.cases.model.published import Label

MACHINE: Final = "usage-shown"


class UsageAction(StrEnum):
    """What is decided."""

    RELEASE = "release"
    WITHHOLD = "withhold"


class UsageState(StrEnum):
    """What the person sees from then on, of what has left until then."""

    WITHHELD = "withheld"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class UsageRules:
    """Published: reasons by what is decided."""

    reasons: Mapping[UsageAction, Mapping[str, Label]]


@dataclass(frozen=True, slots=True)
class UsageDecision:
    """A decision about a person of a case; ``subject`` and ``handle`` are how the Data Tracker knows them."""

    id: UUID
    case: CaseId
    person: PersonId
    state: UsageState
    reason: str
    decided_at: datetime
    decided_by: str
    subject: bytes = field(repr=False)
    handle: str = field(repr=False)
