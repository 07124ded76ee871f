"""What leaves is shown to the guard before the commit, and only where something sealed was opened."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from pydantic import BaseModel
from starlette.responses import Response

from services.kit.db import Database
from services.kit.disclose import disclose, disclose_document, reveal
from services.kit.expanding import Expanded
from services.kit.leaving import Leaving, Withheld
from services.kit.policy import Decision
from services.kit.problem import Conflict
from services.kit.sealed import KeyRing

RING = KeyRing("kek-1", {"kek-1": bytes(32)})
ALLOWED = Decision("rule-1", frozenset({"basic"}))


class Answer(BaseModel):
    text: str = "secret"


class Watch:
    """A guard that keeps what it was shown, and does what it is told to do."""

    def __init__(self, act: Any = None) -> None:
        self.seen: list[Leaving] = []
        self.act = act

    async def __call__(self, leaving: Sequence[Leaving]) -> None:
        self.seen += leaving
        for one in leaving:
            if self.act is not None:
                self.act(one)


async def _answered(database: Database, kit: Any, guard: Watch, *, opens: bool = True) -> Any:
    database.guard = guard
    try:
        async with database.work(kit.permit(), kit.request) as work:
            if opens:
                key = RING.new_data_key(kit.now)
                assert RING.unwrap(key.id, key.wrapped) == work.opened[key.id]
            work.audit("update", [uuid4()])
            return disclose(work, Answer(), decisions=ALLOWED, objects=["x"])
    finally:
        database.guard = None


async def test_the_guard_is_asked_where_something_sealed_was_opened(database: Database, kit: Any) -> None:
    for opens in (True, False):
        watch = Watch()
        await _answered(database, kit, watch, opens=opens)
        assert len(watch.seen) == int(opens)


async def test_what_it_replaces_leaves_and_the_row_says_so(database: Database, kit: Any, owner: Any) -> None:
    def cut(one: Leaving) -> None:
        one.replace(Answer(text="***"), [Withheld("/text", "phone"), Withheld("/text", "address")])

    answer = await _answered(database, kit, Watch(cut))
    assert answer.body == b'{"text":"***"}'
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["withheld"] == '"/text";kind=phone, "/text";kind=address'
    rows = await owner.fetch("select action, rule_id from audit")
    assert {row["action"]: row["rule_id"] for row in rows} == {
        "update": "notes-of-the-region",
        "read": "rule-1+withheld:address+withheld:phone",
    }


async def test_what_it_stops_changes_nothing(database: Database, kit: Any, owner: Any) -> None:
    def stop(_: Leaving) -> None:
        raise Conflict

    with pytest.raises(Conflict):
        await _answered(database, kit, Watch(stop))
    assert await owner.fetch("select from audit") == []


async def test_bytes_that_are_given_away_cannot_be_changed(database: Database, kit: Any) -> None:
    async with database.work(kit.permit(), kit.request) as work:
        reveal(work, Answer(), decisions=ALLOWED, objects=["x"])
        disclose_document(
            work, b"secret", "text/calendar", fields=["basic"], decisions=ALLOWED, objects=["x"]
        )
        disclose_document(
            work, b"%PDF", "application/pdf", fields=["basic"], decisions=ALLOWED, objects=["x"]
        )
        given, calendar, paper = work._leaving
    assert [one.can_change for one in (given, calendar, paper)] == [False, False, False]
    assert (calendar.words, paper.words) == (["secret"], None)
    with pytest.raises(TypeError, match="given away"):
        given.replace(Answer(), [])


async def test_a_thing_is_sent_as_it_was_cut_also_where_something_goes_beside_it() -> None:
    """The way around it is longer: the answer is wrapped before the commit, and sent after it."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    answer = Response(b'{"text":"secret"}')
    wrapped = Expanded(None, answer, [])  # type: ignore[arg-type] # nothing is asked for
    answer.body = b'{"text":"***"}'
    answer.headers["Withheld"] = "x"
    await wrapped({"type": "http"}, None, send)  # type: ignore[arg-type] # nothing is received
    assert sent[1]["body"] == b'{"text":"***","expanded":{}}'
    assert (b"withheld", b"x") in sent[0]["headers"]


async def test_keys_are_noted_for_their_own_transaction_alone(database: Database, kit: Any) -> None:
    one, other = RING.new_data_key(kit.now), RING.new_data_key(kit.now)
    async with database.work(kit.permit(), kit.request) as outer:
        RING.unwrap(one.id, one.wrapped)
        async with database.work(kit.permit(), kit.request) as inner:
            RING.unwrap(other.id, other.wrapped)
        RING.unwrap(one.id, one.wrapped)
        assert (set(outer.opened), set(inner.opened)) == ({one.id}, {other.id})
    RING.unwrap(other.id, other.wrapped)
    assert set(outer.opened) == {one.id}
