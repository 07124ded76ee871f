"""Doors of what waits for whom."""

from collections.abc import Iterator

from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import HOME
from tests.cases.routes.access.knock import Door, Knock, Purpose
from tests.cases.routes.access.oracle import Asker, Expected, Thing, expected


def _list_duties(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    yield Knock("/duties", full.inbox(asker, purpose))


def _count_duties(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    yield Knock("/duties/counts", full.counts(asker, purpose))


def _get_my_address(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Nobody in the house has said where to write."""
    word = expected(asker, "get_my_address", purpose, Thing(HOME))
    body = {"email": None, "language": "et"}
    yield Knock("/me/address", Wanted(word, body, frozenset({asker.subject})))


def _set_my_address(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Whoever may say it hears that this is no address; so nothing changes."""
    word = expected(asker, "set_my_address", purpose, Thing(HOME))
    wanted = Wanted(Expected(422, "malformed") if word.status == 200 else word)
    yield Knock("/me/address", wanted, "PUT", {"email": "nowhere"})


DUTIES: dict[str, Door] = {
    "list_duties": _list_duties,
    "count_duties": _count_duties,
    "get_my_address": _get_my_address,
    "set_my_address": _set_my_address,
}
