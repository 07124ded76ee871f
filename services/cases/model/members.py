"""Offices in the networks: which there are, who holds them, how they are given, and who stands in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.cases.model.published import Label

APPOINTMENT = "appointment"
"""The machine of states that an appointment goes through."""


@dataclass(frozen=True, slots=True)
class Office:
    """A role where it is held."""

    role: str
    region: str | None
    agency: str | None


@dataclass(frozen=True, slots=True)
class Appointed:
    """An office that somebody holds: from a day until another (exclusive; None = no end).

    ``principal`` is whom the holder stands in for; None: the office is the holder's own.
    """

    role: str
    region: str | None
    agency: str | None
    valid_from: date
    valid_to: date | None
    principal: str | None = None

    @property
    def office(self) -> Office:
        """The office without its days."""
        return Office(self.role, self.region, self.agency)


class HeldIn(StrEnum):
    """Where an office is held: in a region, for an agency of a region, or in none."""

    REGION = "region"
    AGENCY = "agency"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class DeputyRule:
    """An office that lets its holder stand in; ``same`` says what must be the same (region, agency)."""

    role: str
    same: frozenset[str]


@dataclass(frozen=True, slots=True)
class OfficeRule:
    """How a role is held, and who gives it: one proposes, another approves."""

    role: str
    held_in: HeldIn
    label: Label
    propose: frozenset[str]
    approve: frozenset[str]
    deputies: Sequence[DeputyRule]


@dataclass(frozen=True, slots=True)
class OfficeRules:
    """All roles, the longest time for which one is given, and the reasons to refuse and to end."""

    offices: Mapping[str, OfficeRule]
    most_months: int
    refusals: Mapping[str, Label]
    ends: Mapping[str, Label]


class AppointmentState(StrEnum):
    """Where an appointment stands; what is approved or ended holds on the days between its dates."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Deed:
    """Who did something when, and why where a reason is asked for."""

    by: str
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """Days on which a deputy holds an office: from one until another (exclusive)."""

    id: UUID
    deputy: str
    absent_from: date
    absent_to: date
    named: Deed
    ended: Deed | None
    version: int


@dataclass(frozen=True, slots=True)
class AppointmentRecord:
    """An appointment from its proposal on; ``name`` is the holder's, None where nobody has told it."""

    id: UUID
    member: str
    name: str | None = field(repr=False)
    office: Office
    valid_from: date
    valid_to: date | None
    state: AppointmentState
    proposed: Deed
    decided: Deed | None
    ended: Deed | None
    version: int

    def resource(self) -> dict[str, str | None]:
        """What the table of access asks about."""
        return {"region": self.office.region, "member": self.member}


def development_subject(office: Office) -> str:
    """The holder of an office in development tokens: ``dev:<role>:<region>:<agency>``, empty for none."""
    return f"dev:{office.role}:{office.region or ''}:{office.agency or ''}"
