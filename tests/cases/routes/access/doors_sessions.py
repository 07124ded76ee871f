"""Doors of the caller's own sessions: the members of the house come with tokens of none."""

from collections.abc import Iterator

from tests.cases.routes.access.doors_networks import nothing, word_of
from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.knock import NOTHING, Door, Knock, Purpose
from tests.cases.routes.access.oracle import Asker


def _list(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    word = word_of(asker, "list_my_sessions", purpose)
    yield Knock("/me/sessions", Wanted(word, {"items": [], "next": None}))


SESSIONS: dict[str, Door] = {
    "list_my_sessions": _list,
    "end_my_session": nothing("end_my_session", f"/me/sessions/{NOTHING}/end", "POST"),
}
