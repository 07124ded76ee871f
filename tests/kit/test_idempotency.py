import asyncio
from datetime import timedelta
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlalchemy import text
from starlette.responses import JSONResponse, Response

from services.kit.clock import FixedClock
from services.kit.db import Database
from services.kit.idempotency import IdempotencyKeyReused, Once, Outcome, idempotency_key
from services.kit.ids import new_id
from services.kit.problem import NotFound
from services.kit.web import ServiceRouter, ServiceSpec, create_service

ONE, OTHER = b"1" * 32, b"2" * 32
INSERT = text("insert into note values (:id, 'polva', :words)")
COUNT = text("select count(*) from note")
router = ServiceRouter()


class NoteIn(BaseModel):
    words: str


@router.post("/{case}/digests")
async def digest(case: str, note: NoteIn, once: Annotated[Once, Depends(idempotency_key)]) -> Response:
    """Shows the key and digest of the request."""
    return JSONResponse({"key": once.key, "digest": once.digest.hex(), "case": case, "words": note.words})


APP: FastAPI = create_service(ServiceSpec(name="kit", title="Notes", description="", routers=[router]))


async def _ask(
    path: str = "/a/digests",
    *,
    key: str | bytes | None = None,
    headers: Any = (),
    body: bytes = b'{"words": "x"}',
) -> httpx.Response:
    sent = [("Content-Type", "application/json"), *headers]
    sent += [] if key is None else [("Idempotency-Key", key)]
    transport = httpx.ASGITransport(APP)
    async with httpx.AsyncClient(transport=transport, base_url="http://kit/api/kit/v1") as client:
        return await client.post(path, content=body, headers=sent)


async def _write(database: Database, kit: Any, once: Once, operation: str = "write_note", **who: str) -> str:
    """What a route does: writes a note and tells its id, or tells the earlier one's."""
    async with database.work(kit.permit(operation, **who), kit.request) as work:
        earlier = await once.earlier(work)
        if earlier is not None:
            assert earlier == Outcome(201, earlier.reference)
            return earlier.reference
        note = new_id()
        await work.conn.execute(INSERT, {"id": note, "words": str(note)})
        await asyncio.sleep(0.01)
        await once.remember(work, 201, note)
        return str(note)


async def _notes(database: Database, kit: Any) -> int:
    async with database.work(kit.permit(), kit.request) as work:
        return int((await work.conn.execute(COUNT)).scalar_one())


async def test_the_same_request_is_done_once(database: Database, kit: Any) -> None:
    references = {await _write(database, kit, Once("key", ONE)) for _ in range(3)}
    assert (len(references), await _notes(database, kit)) == (1, 1)


async def test_of_many_at_the_same_time_one_is_done_and_all_tell_it(database: Database, kit: Any) -> None:
    references = await asyncio.gather(*(_write(database, kit, Once("key", ONE)) for _ in range(8)))
    assert (len(set(references)), await _notes(database, kit)) == (1, 1)


async def test_without_a_key_each_is_done(database: Database, kit: Any) -> None:
    references = {await _write(database, kit, Once(None, ONE)) for _ in range(3)}
    assert (len(references), await _notes(database, kit)) == (3, 3)


async def test_a_key_is_the_callers_and_the_operations_own(database: Database, kit: Any) -> None:
    once = Once("key", ONE)
    references = {
        await _write(database, kit, once),
        await _write(database, kit, once, subject="member-2"),
        await _write(database, kit, once, "get_note"),
    }
    assert len(references) == 3


async def test_another_request_with_the_same_key_is_refused(database: Database, kit: Any) -> None:
    await _write(database, kit, Once("key", ONE))
    with pytest.raises(IdempotencyKeyReused) as refused:
        await _write(database, kit, Once("key", OTHER))
    assert refused.value.status == 422
    assert await _notes(database, kit) == 1


async def test_what_was_rolled_back_was_not_done(database: Database, kit: Any) -> None:
    once = Once("key", ONE)

    async def fail() -> None:
        async with database.work(kit.permit(), kit.request) as work:
            assert await once.earlier(work) is None
            await once.remember(work, 201, "x")
            raise NotFound

    with pytest.raises(NotFound):
        await fail()
    await _write(database, kit, once)
    assert await _notes(database, kit) == 1


async def test_after_seven_days_a_key_is_new_and_old_rows_go(kit_database: Any, kit: Any, owner: Any) -> None:
    clock = FixedClock(kit.now)
    database = kit.database(kit_database, clock=clock)
    for number in range(3):
        await _write(database, kit, Once(f"old-{number}", ONE))
    clock.advance(timedelta(days=7) - timedelta(seconds=1))
    await _write(database, kit, Once("old-0", ONE))
    assert await _notes(database, kit) == 3
    clock.advance(timedelta(seconds=1))
    await _write(database, kit, Once("old-0", OTHER))
    assert await _notes(database, kit) == 4
    await database.close()
    assert await owner.fetchval("select array_agg(key) from idempotency") == ["old-0"]


KEYS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=128)


@given(KEYS)
async def test_every_visible_ascii_key_is_taken(key: str) -> None:
    assert (await _ask(key=key)).json()["key"] == key


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 129, "\t", "k\u00f5", "a,\x7f"])
async def test_other_keys_are_refused_and_not_repeated(key: str) -> None:
    answer = await _ask(key=key.encode())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "header:Idempotency-Key"


async def test_two_keys_are_refused() -> None:
    answer = await _ask(headers=[("Idempotency-Key", "a"), ("Idempotency-Key", "b")])
    assert answer.json()["errors"][0]["code"] == "too-many"


async def test_the_digest_tells_requests_apart() -> None:
    requests: list[dict[str, Any]] = [
        {},
        {"path": "/b/digests"},
        {"path": "/a/digests?x=1"},
        {"headers": [("If-Match", '"1"')]},
        {"body": b'{"words": "other"}'},
    ]
    digests = [(await _ask(**request)).json()["digest"] for request in requests]
    assert len(set(digests)) == len(requests)
    assert (await _ask()).json()["digest"] == digests[0]
