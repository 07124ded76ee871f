"""Offices in the networks, and the members that development holds them with."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class MemberRole:
    """A role, and whether it is held in a region or for an agency of that region."""

    code: str
    in_region: bool
    in_agency: bool


@dataclass(frozen=True, slots=True)
class Office:
    """A role where it is held."""

    role: str
    region: str | None
    agency: str | None


@dataclass(frozen=True, slots=True)
class Appointed:
    """An office that somebody holds: from a day until another (exclusive; None = no end)."""

    role: str
    region: str | None
    agency: str | None
    valid_from: date
    valid_to: date | None


DEVELOPMENT_ROLES = (
    MemberRole("coordinator", in_region=True, in_agency=False),
    MemberRole("chair", in_region=True, in_agency=False),
    MemberRole("agency-member", in_region=True, in_agency=True),
    MemberRole("support-person", in_region=True, in_agency=False),
    MemberRole("programme-officer", in_region=False, in_agency=False),
    MemberRole("auditor", in_region=False, in_agency=False),
    MemberRole("operator", in_region=False, in_agency=False),
)


def development_subject(office: Office) -> str:
    """The holder of an office in development tokens: ``dev:<role>:<region>:<agency>``, empty for none."""
    return f"dev:{office.role}:{office.region or ''}:{office.agency or ''}"
