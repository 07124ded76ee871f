"""What a caller gets: the commit comes before the answer, and what is refused leaves a row."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Response
from pydantic import BaseModel
from sqlalchemy import text

from services.kit.db import Database, Work, unit_of_work
from services.kit.problem import NotFound
from services.kit.refusals import RefusalAuditor
from services.kit.tokens import Identity
from services.kit.web import ServiceRouter, ServiceSpec, create_service

INSERT = text("insert into note values (gen_random_uuid(), :region, :words)")
Writing = Annotated[Work, Depends(unit_of_work("write_note"), scope="function")]
router = ServiceRouter()


class NoteIn(BaseModel):
    words: str


@router.post("/notes", status_code=201)
async def write_note(note: NoteIn, work: Writing) -> Response:
    """Writes a note of the caller's region; some words go wrong on purpose."""
    await work.conn.execute(INSERT, {"region": "polva", "words": note.words})
    work.audit("create", [note.words], ["basic"])
    if note.words == "refused":
        raise NotFound
    if note.words == "crash":
        raise RuntimeError(note.words)
    if note.words == "terminated":
        await work.conn.execute(text("select pg_terminate_backend(pg_backend_pid())"))
    return Response(status_code=201)


@pytest.fixture
def app(database: Database, kit: Any) -> FastAPI:
    async def verify(_: str) -> Identity:
        return Identity("member-1", "member", None, None)

    async def of(_: Identity) -> Any:
        return kit.caller().appointments

    app = create_service(ServiceSpec(name="kit", title="Notes", description="", routers=[router]))
    app.state.database, app.state.policy = database, kit.policy
    app.state.verifier, app.state.appointments = SimpleNamespace(verify=verify), SimpleNamespace(of=of)
    app.state.refusals = RefusalAuditor(database)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": "Bearer token", "X-Purpose": "case-work"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://kit/api/kit/v1", headers=headers
    ) as one:
        yield one


async def test_the_commit_comes_before_the_answer(app: FastAPI, owner: Any) -> None:
    """At the first byte of the answer another connection sees the change and its row."""
    seen: list[tuple[int, int, int]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b'{"words": "x"}'}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            counts = await owner.fetchrow("select (select count(*) from note), (select count(*) from audit)")
            seen.append((message["status"], *counts))

    headers = {"authorization": "Bearer x", "x-purpose": "case-work", "content-type": "application/json"}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/api/kit/v1/notes",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "root_path": "",
        "scheme": "http",
        "server": ("kit", 80),
    }
    await app(scope, receive, send)
    assert seen == [(201, 1, 1)]


async def test_a_failed_commit_is_an_error_not_a_success(client: httpx.AsyncClient, owner: Any) -> None:
    await owner.execute(
        """create function refuse() returns trigger language plpgsql as $$ begin raise 'no commit'; end $$;
           create constraint trigger late after insert on note deferrable initially deferred
           for each row execute function refuse()"""
    )
    answer = await client.post("/notes", json={"words": "x"})
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:turvavork:problem:internal-error"
    assert await owner.fetchval("select count(*) from note") == 0


async def test_a_connection_that_dies_before_the_commit_is_a_503(
    client: httpx.AsyncClient, owner: Any
) -> None:
    answer = await client.post("/notes", json={"words": "terminated"})
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:turvavork:problem:upstream-unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    assert await owner.fetchval("select count(*) from note") == 0
    assert (await client.post("/notes", json={"words": "x"})).status_code == 201


async def test_a_row_that_cannot_be_written_is_a_503_and_nothing_is_done(
    client: httpx.AsyncClient, owner: Any
) -> None:
    await owner.execute("revoke insert on audit from kit_app")
    answer = await client.post("/notes", json={"words": "x"})
    await owner.execute("grant insert on audit to kit_app")
    assert answer.status_code == 503
    assert await owner.fetchval("select count(*) from note") == 0


@pytest.mark.parametrize(
    ("sent", "status", "problem"),
    [
        ({"content": b'{"words": "refused"}'}, 404, "not-found"),
        ({"content": b'{"words": 1}'}, 422, "malformed"),
        ({"content": b"{"}, 422, "malformed"),
        ({"content": b'{"words": "x"}', "headers": {"X-Purpose": "supervision"}}, 422, "purpose-required"),
    ],
)
async def test_a_refusal_rolls_back_and_leaves_its_own_row(
    client: httpx.AsyncClient, owner: Any, sent: dict[str, Any], status: int, problem: str
) -> None:
    headers = {"Content-Type": "application/json", **sent.pop("headers", {})}
    answer = await client.post("/notes", headers=headers, **sent)
    assert answer.status_code == status
    assert await owner.fetchval("select count(*) from note") == 0
    row = await owner.fetchrow("select * from audit")
    assert (row["action"], row["decision"], row["problem"]) == ("refuse", "deny", problem)
    assert (row["actor"], row["operation"]) == ("member-1", "write_note")
    assert answer.json()["instance"] == f"urn:uuid:{row['request_id']}"


async def test_a_crash_rolls_back(client: httpx.AsyncClient, owner: Any) -> None:
    assert (await client.post("/notes", json={"words": "crash"})).status_code == 500
    assert await owner.fetchval("select (select count(*) from note) + (select count(*) from audit)") == 0
