"""Which accesses are out of the ordinary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from services.cases.model.ids import CaseId


@dataclass(frozen=True, slots=True)
class UnusualRules:
    """The published rules, each with its code."""

    operations: frozenset[str]
    except_rules: frozenset[str]
    out_of_hours: str
    opens: time
    closes: time
    out_of_region: str
    many_cases: str
    more_than: int
    closed: str


@dataclass(frozen=True, slots=True)
class Came:
    """A row of the audit log about a member: what the rules ask about it."""

    id: UUID
    at: datetime
    actor: str
    roles: frozenset[str]
    attributes: frozenset[str]
    operation: str
    refused: bool
    rules: frozenset[str]
    handles: Sequence[str]


@dataclass(frozen=True, slots=True)
class Unusual:
    """What is reported: one case, one rule; ``source`` is the same for what is reported once."""

    rule: str
    case: CaseId
    actor: str
    own: frozenset[str]
    at: datetime
    source: str


Cases = Mapping[str, tuple[CaseId, str]]
"""Cases and their regions by the handle that the audit log knows them by."""
