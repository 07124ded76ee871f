"""What must be true of every history: the invariants that a simulation can see, each by its number.

INV-5 (the echo), INV-8 and INV-9 (writes of people) are about bytes and about another service: other tests.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Final

from services.exchange.model.inbox import State
from services.exchange.model.outbox import OutState
from services.exchange.rules import delivery
from services.exchange.rules.delivery import Nature
from services.exchange.rules.queue import Postpone, QueueState, Settle
from tests.simulation.database import Row
from tests.simulation.exchange import TERMS
from tests.simulation.history import History

Check = Callable[[History], Iterator[str]]
CHECKS: Final[dict[str, Check]] = {}


def _check(function: Check) -> Check:
    CHECKS[(function.__doc__ or "").split(":")[0]] = function
    return function


def broken(history: History) -> dict[str, str]:
    """The invariants that a history breaks, with the first thing that shows it."""
    found = ((name, next(check(history), None)) for name, check in CHECKS.items())
    return {name: shown for name, shown in found if shown is not None}


@_check
def durable(history: History) -> Iterator[str]:
    """INV-1: what a sender was told was taken is in the inbox, with its content, and is never released."""
    rows = {(row.client, row.message_id, row.reference): row for row in _rows(history)}
    for told in history.ledger:
        if told.answer == "success":
            row = rows.get((told.client, told.message, told.reference or 0))
            if row is None or row.digest != told.digest or row.entry.state is State.REFUSED:
                yield f"{told} is not in the inbox"


@_check
def honest(history: History) -> Iterator[str]:
    """INV-2: whoever sends again has an answer in the end that is not a failure."""
    if history.waiting:
        yield f"{history.waiting} senders still wait"


@_check
def once(history: History) -> Iterator[str]:
    """INV-3: one effect per client and id, however often it came; what was acknowledged has one."""
    effects = Counter((client, message) for client, message, _ in history.around.register.effects)
    for key, times in effects.items():
        if times > 1:
            yield f"{key} has {times} effects"
    for told in history.ledger:
        taken = told.answer == "success" and told.message not in history.around.invalid
        if taken and not effects[told.client, told.message]:
            yield f"{told} has no effect"


@_check
def other_content(history: History) -> Iterator[str]:
    """INV-4: the same id with other content is refused and noted, and the first message stays as it was."""
    incidents = set(history.exchange.db.incidents)
    taken = defaultdict(set)
    for told in history.ledger:
        if told.answer == "reused" and (told.client, told.message, told.digest) not in incidents:
            yield f"{told} is not noted"
        if told.answer == "success" and told.message not in history.around.invalid:
            taken[told.client, told.message].add(told.digest)
    for client, message, digest in history.around.register.effects:
        told_of = taken[client, message]
        if told_of and told_of != {digest}:
            yield f"{message} has the effect of {digest}, and {told_of} were told of it"


@_check
def no_orphan(history: History) -> Iterator[str]:
    """INV-6: what was stored is handed over or waits for a person; nothing is left half way."""
    for row in _rows(history):
        if row.entry.state is State.RECEIVED:
            yield f"{row} is left"
    database, around = history.exchange.db, history.around
    for row in _rows(history):
        if row.entry.state is State.HANDED_OVER and not any(
            effect[:2] == (row.client, row.message_id) for effect in around.register.effects
        ):
            yield f"{row} was never handed over"
    if database.cursor != around.end_of_feed():
        yield f"the feed is at {database.cursor}, not at {around.end_of_feed()}"


@_check
def atomic(history: History) -> Iterator[str]:
    """INV-7: cursor, events and messages move together; every event that was read made one message."""
    database = history.exchange.db
    made = Counter(out.event for outs in database.messages.values() for out in outs)
    read = 0 if database.cursor is None else database.cursor[1]
    if database.cursor is not None and database.cursor[0] == history.around.register.epoch:
        for event in history.around.register.events[:read]:
            if made[event.id] != 1:
                yield f"{event} made {made[event.id]} messages"


@_check
def at_least_once(history: History) -> Iterator[str]:
    """INV-10: a message is sent until the partner has it; only a person gives one up."""
    database = history.exchange.db
    for key, outs in database.messages.items():
        partner = history.around.partners[key[0]]
        states = database.states(key)
        if len(states) != len(outs):
            yield f"{key} has {len(outs)} messages in {len(states)} places"
        for out, state in zip(outs, states, strict=False):
            if state is OutState.DELIVERED and not partner.knows(out.id):
                yield f"{out} counts as delivered, and {partner.name} never had it"
            if state is OutState.QUARANTINED and partner.name in history.dead:
                yield f"{out} was given up, since {partner.name} was down"
        live = partner.name not in history.dead
        if live and not history.dead and database.queues[key].state is not QueueState.IDLE:
            yield f"{key} never came to its end"


@_check
def in_order(history: History) -> Iterator[str]:
    """INV-11: a partner sees a case's messages in order; none is sent before those in front are settled."""
    for send in history.around.sends:
        if not send.in_turn:
            yield f"{send.head} was sent before its turn"
    database = history.exchange.db
    skipped = set()
    for key, outs in database.messages.items():
        places = [out.place for out in outs]
        if places != sorted(places):
            yield f"{key} has its messages in the order {places}"
        states = database.states(key)
        skipped |= {out.event for out, state in zip(outs, states, strict=False) if state is OutState.SKIPPED}
    for partner in history.around.partners.values():
        last: dict[str, int] = {}
        for seen in partner.effects:
            if seen.event in skipped:  # a copy of it may have been under way
                continue
            place = history.around.register.events[seen.event].place
            if place < last.get(seen.case, 0):
                yield f"{partner.name} had {seen} after place {last[seen.case]}"
            last[seen.case] = place


@_check
def independent(history: History) -> Iterator[str]:
    """INV-12: a partner that is down or paused for ever, and a case that waits for ever, hold up no other."""
    if not history.dead:
        return
    for key, queue in history.exchange.db.queues.items():
        other = key[0] not in history.dead and key != history.stuck
        if other and queue.state is not QueueState.IDLE:
            yield f"{key} waits while {history.dead} is down or paused, and {history.stuck} waits"


@_check
def stable(history: History) -> Iterator[str]:
    """INV-13: every try of a message carries the same id and the same bytes."""
    outs = [out for made in history.exchange.db.messages.values() for out in made]
    made = {out.id: out for out in outs}
    for partner in history.around.partners.values():
        for seen in partner.seen:
            if seen.id not in made or made[seen.id].body != seen.body:
                yield f"{partner.name} had {seen}, which is no message of the outbox"


@_check
def single_sender(history: History) -> Iterator[str]:
    """INV-14: only the holder of the last lease sends, alone, and writes a result down."""
    for send in history.around.sends:
        if not send.current or not send.alone:
            yield f"{send} was sent beside another"
    for key, fence, last in history.exchange.db.results:
        if fence != last:
            yield f"{key}: a result under lease {fence} when {last} was the last one"


@_check
def poison(history: History) -> Iterator[str]:
    """INV-15: put aside at once for a permanent error, after five unknown ones, never for a passing one."""
    for head, ended, verdict in history.around.tried:
        aside = isinstance(verdict, Settle) and verdict.state is OutState.QUARANTINED
        kind = None if ended is None else delivery.nature(ended)
        wanted = kind is Nature.PERMANENT or (
            kind is Nature.UNKNOWN and head.unknown + 1 >= TERMS.tries_of_unknown
        )
        if aside != wanted:
            yield f"{head} after {ended}: {verdict}"
        if isinstance(verdict, Postpone) and not TERMS.first / 2 <= verdict.wait <= TERMS.longest:
            yield f"{head} waits {verdict.wait}"


@_check
def behind(history: History) -> Iterator[str]:
    """BEHIND: what a sender does about a referral comes to the register after what is in front of it."""
    for before, row in history.around.overtaken:
        yield f"{row} was handed over before {before}"


@_check
def paused(history: History) -> Iterator[str]:
    """PAUSED: from the commit of a pause to its end no try to the partner begins."""
    for send in history.around.sends:
        since = send.head.since
        for pause in history.around.pauses:
            during = pause.since <= since and (pause.until is None or since < pause.until)
            if send.head.queue[0] == pause.partner and during:
                yield f"{send.head} was claimed during {pause}"


def _rows(history: History) -> Iterator[Row]:
    yield from history.exchange.db.inbox.values()
