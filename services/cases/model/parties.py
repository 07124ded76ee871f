"""People in a case: those whom its referrals name, and those who were added by hand."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.cases.model.codes import Relation, Role, Sex
from services.cases.model.ids import CaseId, PersonId

MACHINE = "party"


class Origin(StrEnum):
    """How somebody came into a case."""

    REFERRAL = "referral"
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody in a case; what a referral tells is corrected by its sender, so only others can be removed."""

    id: UUID
    case: CaseId
    person: PersonId
    role: Role
    relation: Relation | None
    sex: Sex
    origin: Origin
    state: str
    reason: str | None
    since: datetime
    by: str | None
    version: int


@dataclass(frozen=True, slots=True, repr=False)
class Newcomer:
    """Somebody to be added to a case; by birth date and names, or by personal code, they are found again."""

    role: Role
    relation: Relation
    sex: Sex
    given_name: str
    family_name: str
    personal_code: str | None
    birth_date: date | None
    confidence: str
    source: str
