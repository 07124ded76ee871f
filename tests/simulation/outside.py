"""What is not ours: the case register, the partners, and what the senders have seen."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from services.exchange.model.inbox import Answer, Declined, Status, Taken, Unavailable
from services.exchange.rules.delivery import Failure, Origin
from services.exchange.rules.inbox import WRONG

Ended = Failure | None
TEMPORARY = (
    Failure(Origin.TRANSPORT, "connection"),
    Failure(Origin.SECURITY_SERVER, "server.serverproxy.io_error", 500),
    Failure(Origin.PARTNER, "", 503),
)
UNKNOWN = (
    Failure(Origin.SECURITY_SERVER, "server.serverproxy.never_seen", 500),
    Failure(Origin.ANSWER, "wrong-id"),
    Failure(Origin.PARTNER, "soap:Server"),
)
PERMANENT = (
    Failure(Origin.BUSINESS, "NO"),
    Failure(Origin.SECURITY_SERVER, "server.serverproxy.access_denied", 500),
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a case, at a place of the feed and of the case."""

    id: int
    partner: str
    case: str
    place: int


class Amending(Protocol):
    """What the register is told of a correction or a withdrawal."""

    client: str
    message_id: str
    digest: int
    reference: int
    version: int
    withdraws: bool

    @property
    def thread(self) -> tuple[str, str]:
        """Which referral it is about."""


@dataclass(slots=True)
class Register:
    """The case register: takes a referral once by its reference or its sender's key; tells what happened."""

    epoch: int = 0
    taken: dict[int, tuple[str, str, int]] = field(default_factory=dict)
    effects: list[tuple[str, str, int]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    versions: dict[tuple[str, str], tuple[int, bool]] = field(default_factory=dict)  # and whether withdrawn
    amended: set[tuple[str, str, int, bool]] = field(default_factory=set)

    def take(self, reference: int, client: str, message: str, digest: int, *, valid: bool) -> Answer:
        """Takes a referral; the same again any number of times with one effect."""
        if not valid:
            return Declined("referral-invalid")
        if reference not in self.taken:
            self.taken[reference] = (client, message, digest)
            self.effects.append((client, message, digest))
            self.versions.setdefault((client, message), (1, False))
            self.happen(client, message)
        return Taken(str(reference), Status.AWAITING_SCREENING)

    def amend(self, row: Amending, *, valid: bool) -> Answer:
        """A correction or a withdrawal, each after what is in front of it; the same again without effect."""
        version, withdrawn = self.versions.get(row.thread, (0, False))
        if (*row.thread, row.version, row.withdraws) not in self.amended:
            follows = row.version == version if row.withdraws else row.version == version + 1
            if not valid or withdrawn or not version or not follows:
                return Declined("referral-version-unexpected")
            self.amended.add((*row.thread, row.version, row.withdraws))
            self.versions[row.thread] = row.version, row.withdraws
            self.effects.append((row.client, row.message_id, row.digest))
            self.happen(*row.thread)
        return Taken(str(row.reference), Status.AWAITING_SCREENING)

    def happen(self, partner: str, case: str) -> None:
        """An event of a case, of which a partner is to be told."""
        self.places[case] = self.places.get(case, 0) + 1
        self.events.append(Event(len(self.events), partner, case, self.places[case]))


WRONGLY = Unavailable(WRONG)
AWAY = Unavailable("upstream-unavailable")


@dataclass(frozen=True, slots=True)
class Seen:
    """One arrival at a partner."""

    id: int
    event: int
    case: str
    body: tuple[int, int]


@dataclass(slots=True)
class Partner:
    """A registry that knows a message by its id; ``refuses``: events of which it will not hear as it is."""

    name: str
    down_until: datetime | None = None
    seen: list[Seen] = field(default_factory=list)
    effects: list[Seen] = field(default_factory=list)
    refuses: dict[int, Failure] = field(default_factory=dict)
    refuses_case: str | None = None
    _known: set[int] = field(default_factory=set)

    def take(self, seen: Seen) -> Ended:
        """An arrival: an effect the first time, a receipt every time."""
        self.seen.append(seen)
        refusal = PERMANENT[0] if seen.case == self.refuses_case else self.refuses.get(seen.event)
        if refusal is not None:
            return refusal
        if seen.id not in self._known:
            self._known.add(seen.id)
            self.effects.append(seen)
        return None

    def knows(self, message: int) -> bool:
        """Whether it has had the effect of a message."""
        return message in self._known


@dataclass(frozen=True, slots=True)
class Told:
    """What a sender saw in the end of one try."""

    client: str
    message: str
    digest: int
    answer: str  # success, reused, refused, failure
    reference: int | None = None


def some(dice: random.Random, failures: tuple[Failure, ...]) -> Failure:
    """One of them."""
    return failures[dice.randrange(len(failures))]
