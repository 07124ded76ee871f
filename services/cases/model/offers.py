"""Services by need: what somebody in a case is offered, by whom, and what becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.cases.model.codes import Role
from services.cases.model.ids import CaseId, PersonId
from services.cases.model.published import Label

MACHINE: Final = "service-offer"


class OfferState(StrEnum):
    """Where an offer stands; ``data/lifecycles.yaml`` says how it gets on."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    GIVEN = "given"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"


class OfferAction(StrEnum):
    """What is done with an offer."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    BEGIN = "begin"
    END = "end"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Service:
    """A published service: for whom, and which agencies give it."""

    code: str
    label: Label
    roles: frozenset[Role]
    agencies: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class OfferRules:
    """The published services, and the reasons of what becomes of an offer, by action."""

    services: Mapping[str, Service]
    reasons: Mapping[OfferAction, Mapping[str, Label]]


@dataclass(frozen=True, slots=True, repr=False)
class OfferWords:
    """What an offer says in words; sealed."""

    need: str | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class NewOffer:
    """A service that somebody is offered; ``entry`` is the record of the need, where there is one."""

    person: PersonId
    service: str
    agency: str
    offered_on: date
    entry: UUID | None
    words: OfferWords = field(repr=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer without its words, and the days of what became of it."""

    id: UUID
    case: CaseId
    person: PersonId
    service: str
    agency: str
    entry: UUID | None
    state: OfferState
    offered_on: date
    answered_on: date | None
    begun_on: date | None
    ended_on: date | None
    reason: str | None
    version: int
    recorded_by: str
    recorded_at: datetime

    @property
    def last_on(self) -> date:
        """The day of what was last known of it."""
        return self.ended_on or self.begun_on or self.answered_on or self.offered_on


@dataclass(frozen=True, slots=True)
class WordedOffer:
    """An offer with its words."""

    offer: Offer
    words: OfferWords = field(repr=False)
