"""Duties: what waits for whom, by when. A duty leads to the thing and says nothing of its content."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.cases.model.clocks import Term
from services.cases.model.dossiers import Reach
from services.cases.model.ids import CaseId, ReferralId


class Thing(StrEnum):
    """What a duty leads to."""

    REFERRAL = "referral"
    CHILD_NOTICE = "child-notice"
    CASE = "case"
    ACTION = "action"
    SAFETY_PLAN = "safety-plan"
    MEETING = "meeting"
    TRANSFER = "transfer"
    RECOMMENDATION = "recommendation"
    SUPPORT_REPORT = "support-report"
    REMOVAL = "removal"


#: Where a thing is read; ``{referral}``, ``{case}`` and ``{id}`` are the duty's.
ADDRESSES: Final[Mapping[Thing, str]] = {
    Thing.REFERRAL: "/referrals/{id}",
    Thing.CHILD_NOTICE: "/referrals/{referral}/child-notices",
    Thing.CASE: "/cases/{case}",
    Thing.ACTION: "/actions/{id}",
    Thing.SAFETY_PLAN: "/safety-plans/{id}",
    Thing.MEETING: "/meetings/{id}",
    Thing.TRANSFER: "/transfers/{id}",
    Thing.RECOMMENDATION: "/recommendations/{id}",
    Thing.SUPPORT_REPORT: "/cases/{case}/support-reports",
    Thing.REMOVAL: "/removals/{id}",
}


class Outcome(StrEnum):
    """How a duty ended: it was done, or there was nothing left to do."""

    DONE = "done"
    DROPPED = "dropped"


class DutyStanding(StrEnum):
    """How a duty stands on a day, as its list is asked for it."""

    DUE = "due"
    SOON = "soon"
    OVERDUE = "overdue"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class About:
    """The thing, and the referral or the case (one of the two) by whose rights the duty is seen.

    A recommendation is about no case: it is seen in its region.
    """

    thing: Thing
    id: UUID
    region: str
    referral: ReferralId | None = None
    case: CaseId | None = None

    def __post_init__(self) -> None:
        named = [each for each in (self.referral, self.case) if each is not None]
        if len(named) != (self.thing is not Thing.RECOMMENDATION):
            raise ValueError("a duty is about a referral, or about a case, or a recommendation")


@dataclass(frozen=True, slots=True)
class Waits:
    """For whom: a role of the region; of an agency; a single member of it."""

    role: str
    agency: str | None = None
    member: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewDuty:
    """A duty about to be written."""

    clock: str
    about: About
    waits: Waits
    recorded_on: date
    term: Term


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty as it is kept; ``mine``: it waits for the caller by name; ``reach`` is its thing's."""

    id: UUID
    clock: str
    about: About
    waits: Waits
    mine: bool
    term: Term
    standing: DutyStanding
    escalated: bool
    settled_on: date | None
    reach: Reach


@dataclass(frozen=True, slots=True)
class Seats:
    """Where the caller sits: roles with region and agency, side by side; ``regions`` are coordinated."""

    subject: str
    roles: tuple[str, ...]
    places: tuple[str, ...]
    agencies: tuple[str | None, ...]
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DutyFilters:
    """What a caller asks the inbox for; None asks for everything that is not settled."""

    region: str | None = None
    clock: str | None = None
    standing: DutyStanding | None = None


@dataclass(frozen=True, slots=True)
class DutyCount:
    """How many duties of a kind are open in a region, and how many of them press."""

    region: str
    clock: str
    open: int
    soon: int
    overdue: int
    escalated: int
