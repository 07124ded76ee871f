"""Types of cases: one model of work, and what differs between those whom it serves."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.cases.model.codes import Role
from services.cases.model.published import Label


@dataclass(frozen=True, slots=True)
class RoleRule:
    """Who has a role in cases of a type, how many, and under which age; None: of any age."""

    role: Role
    label: Label
    least: int
    most: int
    under: int | None


@dataclass(frozen=True, slots=True)
class CaseType:
    """A published type; ``without`` names operations that are refused in its cases."""

    code: str
    label: Label
    source: str
    instruments: frozenset[str]
    due: tuple[str, ...]
    without: frozenset[str]
    roles: Mapping[Role, RoleRule]


@dataclass(frozen=True, slots=True)
class CaseTypes:
    """All types, and which one a case has of which nothing is said."""

    default: str
    by_code: Mapping[str, CaseType]
