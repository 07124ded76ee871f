"""What agencies know for a meeting: asked with identifying data only, answered, or overdue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.cases.model.codes import Role
from services.cases.model.dossiers import ListedCase
from services.cases.model.ids import CaseId
from services.kit.sealed import DataKey


class ResearchState(StrEnum):
    """Where a question stands, as stored; the transitions are in ``lifecycles.yaml``."""

    ASKED = "asked"
    RELEVANT = "relevant"
    NOTHING_KNOWN = "nothing-known"


class Known(StrEnum):
    """What an agency answers."""

    RELEVANT = "relevant"
    NOTHING_KNOWN = "nothing-known"


@dataclass(frozen=True, slots=True, repr=False)
class AskedAbout:
    """Of whom an agency is asked: who it is, and nothing of the story."""

    role: Role
    given_name: str
    family_name: str
    birth_date: date


@dataclass(frozen=True, slots=True, repr=False)
class Answered:
    """What an agency tells, and that it stands by why."""

    known: Known
    text: str | None
    relevant: bool
    necessary: bool
    proportionate: bool


@dataclass(frozen=True, slots=True)
class Request:
    """A question to one agency about one case, without what is sealed of it."""

    id: UUID
    case: CaseId
    meeting: UUID
    item: UUID
    region: str
    agency: str
    state: ResearchState
    asked_at: datetime
    due_on: date
    answered_at: datetime | None
    version: int

    def overdue(self, today: date) -> bool:
        """Whether the answer should be here."""
        return self.state is ResearchState.ASKED and self.due_on < today


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """The same with the case that it hangs on, of whom is asked, and the last answer."""

    request: Request
    case: ListedCase
    key: DataKey
    people: Sequence[AskedAbout]
    text: str | None
