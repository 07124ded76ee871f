"""A new incident that an agency reports over X-Road, and the cases in which it may be written down."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from services.cases.model.ids import CaseId
from services.cases.model.referral import Sender


@dataclass(frozen=True, slots=True)
class ReportedRule:
    """Cases in these states, and others for some months from their latest referral."""

    months: int
    case_states: frozenset[str]


@dataclass(frozen=True, slots=True)
class Report:
    """What was reported under which reference; ``threatening`` is empty when nobody knows who did it."""

    reference: str
    sender: Sender
    kind: str
    occurred_at: datetime
    description: str = field(repr=False)
    victim: str = field(repr=False)
    threatening: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case of the victim, and the day of its latest referral.

    ``same_pair``: one of the threatening persons of the report stands in it; ``other_pair``: those whom it
    has are all known by their codes, and are others.
    """

    case: CaseId
    state: str
    referred_on: date
    same_pair: bool
    other_pair: bool
