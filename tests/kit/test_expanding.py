"""What goes beside a thing is what its own address answers, whatever that is."""

from types import SimpleNamespace
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Request, Response
from pydantic import BaseModel

from services.kit import strictroute
from services.kit.etag import etag
from services.kit.expanding import expands
from services.kit.problem import Forbidden
from services.kit.web import ServiceRouter, ServiceSpec, create_service

router = ServiceRouter()
events: list[str] = []


class Note(BaseModel):
    id: str


async def opened(request: Request) -> Any:
    """Stands for the unit of work: what it does comes to an end before the answer leaves."""
    wanted = strictroute.wanted(request)
    events.append(f"begin {request.url.path}")
    yield SimpleNamespace(only=wanted)
    events.append(f"commit {request.url.path}")


Work = Annotated[Any, Depends(opened, scope="function")]


@router.get("/notes/{note_id}", response_model=Note)
@expands("remarks", "readers", "nothing", "crash", "picture")
async def get_note(note_id: str, work: Work) -> Response:
    return Response(b'{"id":"%b"}' % note_id.encode() if work.only is None else b"{}", headers=etag(7))


@router.get("/notes/{note_id}/remarks")
async def list_remarks(request: Request, note_id: str, work: Work) -> Response:
    told = {name: request.headers.get(name) for name in ("authorization", "x-purpose", "if-none-match")}
    body = str({"of": note_id, **told, "query": str(request.query_params)}).replace("'", '"')
    return Response(body.replace("None", "null"), media_type="application/json", headers=etag(3))


@router.get("/notes/{note_id}/readers")
async def list_readers(note_id: str) -> Response:
    raise Forbidden


@router.get("/notes/{note_id}/crash")
async def crash(note_id: str) -> Response:
    raise RuntimeError(note_id)


@router.get("/notes/{note_id}/picture")
async def picture(note_id: str) -> Response:
    return Response(b"\x89PNG", media_type="image/png")


@pytest.fixture
def app() -> FastAPI:
    events.clear()
    return create_service(ServiceSpec(name="notes", title="Notes", description="d", routers=[router]))


async def _ask(app: FastAPI, query: str, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://notes/api/notes/v1") as client:
        return await client.get(f"/notes/n1{query}", headers=headers)


async def test_a_part_is_what_its_own_address_answers_to_the_same_caller(app: FastAPI) -> None:
    whole = await _ask(app, "?expand=remarks", **{"Authorization": "Bearer t", "If-None-Match": '"7"'})
    part = whole.json()["expanded"]["remarks"]
    assert (whole.status_code, whole.headers["etag"], whole.json()["id"]) == (200, '"7"', "n1")
    assert int(whole.headers["content-length"]) == len(whole.content)
    assert (part["status"], part["etag"]) == (200, '"3"')
    told = {"of": "n1", "authorization": "Bearer t", "x-purpose": None, "if-none-match": None, "query": ""}
    assert part["body"] == told


async def test_the_thing_is_committed_before_its_parts_are_asked_for(app: FastAPI) -> None:
    """Nobody holds a connection while waiting for another."""
    await _ask(app, "?expand=remarks,remarks")
    note, remarks = "/api/notes/v1/notes/n1", "/api/notes/v1/notes/n1/remarks"
    assert events == [f"begin {note}", f"commit {note}", f"begin {remarks}", f"commit {remarks}"]


async def test_a_refusal_stands_in_its_place_and_has_the_id_of_the_request(app: FastAPI) -> None:
    answer = await _ask(app, "?expand=readers,nothing,crash,remarks&fields=id")
    parts = answer.json()["expanded"]
    statuses = {name: part["status"] for name, part in parts.items()}
    assert statuses == {"readers": 403, "nothing": 404, "crash": 500, "remarks": 200}
    instance = f"urn:uuid:{answer.headers['x-request-id']}"
    assert parts["readers"]["body"]["instance"] == parts["crash"]["body"]["instance"] == instance


async def test_without_it_nothing_goes_beside(app: FastAPI) -> None:
    assert (await _ask(app, "")).json() == {"id": "n1"}


@pytest.mark.parametrize("given", ["", "secrets", "remarks,", "remarks;readers", "../notes"])
async def test_what_the_route_does_not_name_is_refused_before_anything_is_read(
    app: FastAPI, given: str
) -> None:
    answer = await _ask(app, f"?expand={given}")
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, "query:expand", "unknown")
    assert error["reason"].endswith("remarks, readers, nothing, crash, picture")
    assert events == []


async def test_what_is_no_json_cannot_stand_beside(app: FastAPI) -> None:
    """A programmer's error: the caller is told that it is ours."""
    assert (await _ask(app, "?expand=picture")).status_code == 500
