"""Who came to a case, what for and when, as the audit log tells it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class ThingKind(StrEnum):
    """What an access was about, of the things of a case."""

    CASE = "case"
    REFERRAL = "referral"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Thing:
    """One of the things of a case."""

    kind: ThingKind
    id: UUID


@dataclass(frozen=True, slots=True)
class Access:
    """A row of the audit log that names the case; ``about`` are the things of this case, and of no other."""

    id: UUID
    at: datetime
    by: str
    kind: str
    service: str | None
    roles: Sequence[str]
    attributes: Sequence[str]
    purpose: str
    basis: str | None
    operation: str
    action: str
    fields: Sequence[str]
    rules: Sequence[str]
    client: str | None
    request_id: str
    about: Sequence[Thing]
