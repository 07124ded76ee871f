"""One history: senders, workers and partners in trouble, then calm until everything has come to rest."""

import random
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.exchange.model.inbox import State
from services.exchange.rules.queue import QueueState
from tests.simulation import outside
from tests.simulation.database import QueueKey
from tests.simulation.exchange import Exchange, Submission
from tests.simulation.outside import Partner, Register, Told, some
from tests.simulation.scheduler import Scheduler, Way
from tests.simulation.surroundings import Pause, Surroundings

PARTNERS = ("polis", "star")
WORKERS = ("worker-1", "worker-2")
TROUBLED_TURNS = 80
MOST_TURNS = 6000
FOR_EVER = timedelta(days=4000)


@dataclass(slots=True)
class History:
    """What has happened: the exchange, what is around it, and what the senders saw."""

    seed: int
    exchange: Exchange
    around: Surroundings
    ledger: list[Told] = field(default_factory=list)
    waiting: int = 0
    rested: bool = False
    dead: frozenset[str] = frozenset()  # partners to whom nothing goes, ever
    stuck: tuple[str, str] | None = None  # a case of another partner that nobody mends
    least_tries: int = 0  # of those that are dead, before the history may end


def run(seed: int, system: type[Exchange] = Exchange) -> History:
    """The history of a seed."""
    dice = random.Random(seed)  # noqa: S311 - the same history for the same seed
    scheduler = Scheduler(dice)
    partners = {name: Partner(name) for name in PARTNERS}
    around = Surroundings(dice, scheduler, partners, Register(), rate=dice.choice((0.3, 1.0, 2.0)))
    history = History(seed, system(around), around)
    if dice.random() < 0.15:
        _for_ever(history)
    _begin(history)
    for _ in range(TROUBLED_TURNS):
        if not scheduler.turn():
            break
        _mishap(history)
    _calm(history)
    for turn in range(MOST_TURNS):
        if turn % 8 == 0 and at_rest(history):
            history.rested = True
            break
        if not scheduler.turn():
            history.rested = at_rest(history)
            break
    return history


def _for_ever(history: History) -> None:
    """A partner is down or paused for ever, and often a case of the other waits for ever, too."""
    around, dice = history.around, history.around.dice
    dead, live = dice.sample(PARTNERS, 2)
    history.dead = frozenset({dead})
    if dice.random() < 0.5:
        around.partners[dead].down_until = around.now + FOR_EVER
        history.least_tries = dice.choice((0, 0, 12))
    else:
        history.exchange.db.pause(dead)
        around.pauses.append(Pause(dead, around.now))
    if dice.random() < 0.5:
        history.stuck = (live, "c0")
        around.partners[live].refuses_case = "c0"


def _begin(history: History) -> None:
    around, dice = history.around, history.around.dice
    for name in WORKERS:
        hire(history, name)
    for number in range(dice.randrange(1, 4)):
        client, message = dice.choice(PARTNERS), f"m{number}"
        if dice.random() < 0.2:
            around.invalid.add(message)
        history.waiting += 1
        around.spawn("senders", _senders(history, client, message, number))
        if dice.random() < 0.2:
            history.waiting += 1
            around.spawn("senders", _senders(history, client, message, 100 + number))
    cases = [(dice.choice(PARTNERS), f"c{number}") for number in range(2)]
    for _ in range(dice.randrange(2, 6)):
        around.spawn("register", _happens(around, *dice.choice(cases)), timedelta(seconds=dice.randrange(30)))
    around.spawn("operator", _operator(history))
    if dice.random() < 0.2:
        around.spawn("operator", _pause(history, dice.choice(PARTNERS)))


def hire(history: History, name: str) -> None:
    """A worker begins its tasks."""
    exchange, around = history.exchange, history.around
    around.spawn(name, exchange.hand_over())
    around.spawn(name, exchange.follow())
    for partner in PARTNERS:
        around.spawn(name, exchange.line(name, partner))


def _happens(around: Surroundings, partner: str, case: str) -> Generator[Way, None, None]:
    around.register.happen(partner, case)
    if around.dice.random() < 0.12:
        around.partners[partner].refuses[len(around.register.events) - 1] = some(
            around.dice, outside.PERMANENT
        )
    yield None


def _sender(
    history: History, client: str, message: str, digest: int, amends: tuple[Any, ...] = ()
) -> Generator[Way, None, str]:
    """Sends until it has an answer that ends it, and sometimes once more; ``amends``: what, and how."""
    around, dice = history.around, history.around.dice
    yield timedelta(seconds=dice.randrange(20))
    valid, again = message not in around.invalid, dice.random() < 0.3
    while True:
        answered: list[Told] = []
        for _ in range(2 if around.trouble(0.15) else 1):
            call = Submission(*(client, message, digest, valid, answered), *amends)
            if not around.trouble(0.1):
                around.spawn("web", history.exchange.receive(call, later=dice.random() < 0.4))
        yield timedelta(seconds=dice.randrange(1, 4))
        if not answered or around.trouble(0.1):
            continue
        told = answered[-1]
        history.ledger.append(told)
        if told.answer != "failure":
            if not again:
                return told.answer
            again = False


def _senders(history: History, client: str, message: str, digest: int) -> Generator[Way, None, None]:
    """Sends a referral, and sometimes, when told that it was taken, corrections and a withdrawal."""
    dice, invalid = history.around.dice, history.around.invalid
    answer = yield from _sender(history, client, message, digest)
    version, withdraws = 1, False
    while answer == "success" and not withdraws and dice.random() < 0.35:
        withdraws = dice.random() < 0.3
        version += not withdraws
        name = f"{message}/{version}{'w' * withdraws}"
        if message in invalid:
            invalid.add(name)
        answer = yield from _sender(history, client, name, digest, (message, version, withdraws))
    history.waiting -= 1


def _pause(history: History, partner: str) -> Generator[Way, None, None]:
    """A person pauses a partner for a while."""
    around, database = history.around, history.exchange.db
    yield timedelta(seconds=around.dice.randrange(30))
    if partner in database.paused:
        return
    database.pause(partner)
    pause = Pause(partner, around.now)
    around.pauses.append(pause)
    yield timedelta(seconds=around.dice.choice((1, 20, 3600)))
    database.resume(partner, around.now, around.jitter)
    pause.until = around.now


def _operator(history: History) -> Generator[Way, None, None]:
    """Mends what waits for a person: a message that was at fault is no more, or is given up."""
    exchange, around = history.exchange, history.around

    def blocked() -> list[QueueKey]:
        return [key for key in exchange.db.blocked() if key != history.stuck]

    def work() -> datetime | None:
        return around.now if blocked() or aside(history) else None

    while True:
        yield work
        yield timedelta(seconds=around.dice.randrange(1, 10))
        for key in blocked():
            skip = around.dice.random() < 0.3
            if not skip:
                around.partners[key[0]].refuses.clear()
            exchange.decide(key, skip=skip)
        for name in aside(history):
            if around.calm or around.trouble(0.3):
                exchange.decide_row(name)


def _mishap(history: History) -> None:
    """Now and then a process dies or freezes, a partner goes away, the register is restored."""
    around, dice, scheduler = history.around, history.around.dice, history.around.scheduler
    chance = dice.random() / around.rate
    if chance < 0.02:
        name = dice.choice((*WORKERS, "web"))
        scheduler.kill(name)
        if name != "web":
            hire(history, name)
    elif chance < 0.035:
        scheduler.frozen[dice.choice(WORKERS)] = around.now + timedelta(seconds=dice.randrange(1, 60))
    elif chance < 0.045:
        partner = around.partners[dice.choice(PARTNERS)]
        if partner.name not in history.dead:
            partner.down_until = around.now + timedelta(seconds=dice.choice((3, 60, 3600, 86400)))
    elif chance < 0.049:
        around.register.epoch += 1


def _calm(history: History) -> None:
    around = history.around
    around.calm = True
    around.scheduler.frozen.clear()
    for partner in around.partners.values():
        if partner.name not in history.dead and partner.down_until is not None:
            partner.down_until = min(partner.down_until, around.now + timedelta(minutes=1))


def aside(history: History) -> list[int]:
    """Messages that came in, are right, and wait for a person."""
    rows, invalid = history.exchange.db.inbox.items(), history.around.invalid
    waiting = [(name, row) for name, row in rows if row.entry.state is State.QUARANTINED]
    return [name for name, row in waiting if row.message_id not in invalid]


def at_rest(history: History) -> bool:
    """Whether nothing is left to do, but for partners that are dead, and a case that is stuck."""
    exchange = history.exchange
    if (
        history.waiting
        or aside(history)
        or exchange.behind() is not None
        or exchange.db.next_row() is not None
    ):
        return False
    return all(
        queue.tries >= history.least_tries if key[0] in history.dead else queue.state is QueueState.IDLE
        for key, queue in exchange.db.queues.items()
        if key != history.stuck
    )
