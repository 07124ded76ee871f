"""Facts without identities, and the news of the feed that they are made of."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PersonFact:
    """A person's part in a case: a pseudonym and coded values."""

    pseudonym: str
    role: str
    relation: str | None
    sex: str
    age_band: str


@dataclass(frozen=True, slots=True)
class CaseFact:
    """A case as the feed told it: ``version`` orders what was told about it."""

    stream: UUID
    version: int
    region: str
    referred_on: date
    accepted: bool
    happened_at: datetime
    persons: tuple[PersonFact, ...]


@dataclass(frozen=True, slots=True)
class TransferFact:
    """A case that went from one network to another: out of the one and into the other, once."""

    id: UUID
    stream: UUID
    from_region: str
    to_region: str
    on: date


@dataclass(frozen=True, slots=True)
class Transferred:
    """The feed tells that a case went to another network; where it was referred, it stays counted."""

    fact: TransferFact
    version: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """The feed tells that a case was accepted, or corrected since, and what it is like now."""

    fact: CaseFact


@dataclass(frozen=True, slots=True)
class Ended:
    """The feed tells that a referral is no case (any more), or not yet: if it was one, it is none."""

    stream: UUID
    version: int
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Unlinked:
    """The feed tells that a case was erased: it still counts, and its people lead to nobody."""

    stream: UUID
    version: int
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Other:
    """The feed tells something that no figure depends on."""

    stream: UUID
    version: int


News = Accepted | Ended | Unlinked | Transferred | Other


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the feed was read (None: no event yet), when, and whether it was read to its end once."""

    cursor: str | None
    read_at: datetime
    complete: bool
