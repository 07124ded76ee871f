"""A partner that is down for a whole day, while 5 000 notices come for it, and workers die now and then."""

import random
from datetime import timedelta

from services.exchange.model.outbox import OutState
from tests.simulation.checks import broken
from tests.simulation.exchange import Exchange
from tests.simulation.history import WORKERS, History, at_rest, hire
from tests.simulation.outside import Partner, Register
from tests.simulation.scheduler import BEGIN, Scheduler, Work
from tests.simulation.surroundings import Surroundings

NOTICES, CASES = 5000, 25
DAY = timedelta(days=1)


def a_day_without(partner: str) -> History:
    """Everything works, but for this partner, and workers that die."""
    scheduler = Scheduler(random.Random(1))  # noqa: S311 - the same day each time
    partners = {name: Partner(name) for name in ("polis", "star")}
    partners[partner].down_until = BEGIN + DAY
    around = Surroundings(scheduler.dice, scheduler, partners, Register(), calm=True)
    history = History(1, Exchange(around), around)
    for name in WORKERS:
        hire(history, name)
    around.spawn("register", happening(around))
    return history


def happening(around: Surroundings) -> Work:
    """Things happen to the cases of one partner all day, and every now and then to a case of the other."""
    for number in range(NOTICES):
        around.register.happen("star", f"c{number % CASES}")
        if number % 100 == 0:
            around.register.happen("polis", "other")
        yield timedelta(seconds=17)


def test_5000_notices_arrive_in_order_after_a_day() -> None:
    history = a_day_without("star")
    scheduler, partners = history.around.scheduler, history.around.partners
    for turn in range(1_000_000):
        if not scheduler.turn():
            break
        if scheduler.now < BEGIN + DAY:
            assert not partners["star"].effects
        if turn % 5000 == 4999:
            name = scheduler.dice.choice(WORKERS)
            scheduler.kill(name)
            hire(history, name)
        if turn % 500 == 0 and scheduler.now > BEGIN + DAY and at_rest(history):
            break
    history.rested = at_rest(history)
    assert history.rested
    assert not broken(history)
    assert len(partners["star"].effects) == NOTICES
    assert len(partners["polis"].effects) == NOTICES // 100
    states = [state for key in history.exchange.db.queues for state in history.exchange.db.states(key)]
    assert states == [OutState.DELIVERED] * (NOTICES + NOTICES // 100)
    assert scheduler.now < BEGIN + DAY + timedelta(minutes=15)
