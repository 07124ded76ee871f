import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import pytest
from fastapi import Depends, FastAPI, Header
from pydantic import BaseModel, ConfigDict, Field

from services.kit import openapi
from services.kit.fieldclass import FieldClass
from services.kit.openapi import permit_operation
from services.kit.openapi.document import _untitled
from services.kit.problem import Conflict, Kind, Malformed, NotFound, Problem, StaleVersion
from services.kit.web import ServiceRouter, ServiceSpec, create_service

ROOT = Path(__file__).resolve().parents[2]


class Part(BaseModel):
    size: int


class Thing(BaseModel):
    """A thing <b>with</b> a size.

    Second paragraph."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(title="A title that says more", description="How <large>")
    kind: Literal["a", "b<"]
    title: str | None
    parts: list[Part]
    marks: dict[Annotated[str, Field(pattern="^[a-z]$")], int]


class Secret(BaseModel):
    """What some callers see less of."""

    name: str
    code: Annotated[str | None, FieldClass("identity")] = Field(description="As the register has it.")
    phones: list[Annotated[str, FieldClass("contact")]]
    part: Annotated[Part, FieldClass("contact")]
    size: Annotated[int, FieldClass("basic")]


class PermitFor:
    """Stands for kit.access: a dependency that makes a permit."""

    def __init__(self, operation: str) -> None:
        self.permit_operation = operation

    async def __call__(self, purpose: Annotated[str | None, Header(alias="X-Purpose")] = None) -> str:
        return purpose or ""


async def work(permit: Annotated[str, Depends(PermitFor("get_thing"))]) -> str:
    return permit


router = ServiceRouter()


@router.get("/things/{thing_id}", summary="One thing", responses=openapi.problems(NotFound))
async def get_thing(thing_id: UUID, done: Annotated[str, Depends(work)], limit: int = 1) -> Thing: ...


@router.put("/things/{thing_id}", responses=openapi.problems(NotFound, Conflict, StaleVersion))
async def change_thing(thing_id: UUID, thing: Thing) -> Thing: ...


class RuleBroken(Problem):
    slug = "rule-broken"
    kind = Kind.MALFORMED
    titles: ClassVar[Mapping[str, str]] = {"et": "Reegel", "ru": "Правило", "en": "A rule is broken"}


@router.post("/things", responses=openapi.problems(RuleBroken, Malformed))
async def make_thing(thing: Thing) -> Thing: ...


@router.get("/secrets")
async def get_secret() -> Secret: ...


@router.get("/plain")
async def plain() -> dict[str, str]: ...


@pytest.fixture
def app() -> FastAPI:
    return create_service(
        ServiceSpec(
            name="things", title="Things & <more>", description="First.\n\nSecond <p>. Öö", routers=[router]
        )
    )


@pytest.fixture
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {o["operationId"]: o for item in document["paths"].values() for o in item.values()}


def test_it_is_openapi_31_with_function_names_as_operation_ids(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert set(operations(document)) == {"get_thing", "change_thing", "make_thing", "get_secret", "plain"}


def test_every_error_is_a_problem_and_every_operation_has_one(document: dict[str, Any]) -> None:
    for operation in operations(document).values():
        errors = {s: r for s, r in operation["responses"].items() if s == "default" or s >= "400"}
        assert "default" in errors
        for response in errors.values():
            assert response["content"] == {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            }


def test_the_frameworks_error_is_gone(document: dict[str, Any]) -> None:
    assert "ValidationError" not in json.dumps(document)


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("get_thing", ["200", "401", "403", "404", "422", "default"]),
        ("change_thing", ["200", "404", "409", "412", "413", "415", "422", "default"]),
        ("make_thing", ["200", "413", "415", "422", "default"]),
        ("plain", ["200", "default"]),
    ],
)
def test_answers_are_those_of_the_route_and_of_its_kind(
    document: dict[str, Any], name: str, statuses: list[str]
) -> None:
    assert list(operations(document)[name]["responses"]) == statuses


def test_answers_name_their_problem_types(document: dict[str, Any]) -> None:
    responses = operations(document)["get_thing"]["responses"]
    assert responses["404"]["description"] == "Not found (`not-found`)"
    assert (
        responses["422"]["description"]
        == "Malformed message (`malformed`); Purpose required (`purpose-required`)"
    )


def test_a_routes_own_problems_stand_beside_those_of_its_kind(document: dict[str, Any]) -> None:
    described = operations(document)["make_thing"]["responses"]["422"]["description"]
    assert described == "A rule is broken (`rule-broken`); Malformed message (`malformed`)"


def test_a_field_that_not_everybody_sees_is_not_promised_to_everybody(document: dict[str, Any]) -> None:
    secret = document["components"]["schemas"]["Secret"]
    assert secret["required"] == ["name", "size"]
    code, phones, part = (secret["properties"][name] for name in ("code", "phones", "part"))
    assert code["x-field-class"] == "identity"
    absent = "Absent for who may not see fields of the class"
    assert code["description"] == f"As the register has it. {absent} `identity`."
    assert phones["description"] == part["description"] == f"{absent} `contact`."
    assert part["$ref"] == "#/components/schemas/Part"
    assert "description" not in secret["properties"]["size"]


def test_a_route_with_a_permit_needs_a_token_and_a_purpose(document: dict[str, Any]) -> None:
    operation = operations(document)["get_thing"]
    assert operation["security"] == [{"bearer": []}]
    purposes = [p for p in operation["parameters"] if p["name"] == "X-Purpose"]
    assert len(purposes) == 1
    assert purposes[0]["required"] is True
    assert document["components"]["securitySchemes"] == {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }


def test_a_route_without_a_permit_says_that_it_is_open(document: dict[str, Any]) -> None:
    assert operations(document)["plain"]["security"] == []
    assert "parameters" not in operations(document)["plain"]


def test_parameters_stand_in_order_path_first(document: dict[str, Any]) -> None:
    assert [p["name"] for p in operations(document)["get_thing"]["parameters"]] == [
        "thing_id",
        "X-Purpose",
        "limit",
    ]


def test_the_permit_is_found_at_any_depth(app: FastAPI) -> None:
    route = next(route for route in router.routes if getattr(route, "name", "") == "get_thing")
    assert permit_operation(route.dependant) == "get_thing"  # type: ignore[attr-defined]
    route = next(route for route in router.routes if getattr(route, "name", "") == "plain")
    assert permit_operation(route.dependant) is None  # type: ignore[attr-defined]


def test_names_are_not_repeated_as_titles_but_a_field_may_be_called_title(document: dict[str, Any]) -> None:
    thing = document["components"]["schemas"]["Thing"]
    assert "title" in thing["properties"]
    assert "title" not in thing
    assert "title" not in thing["properties"]["title"]
    assert "title" not in thing["properties"]["kind"]
    assert "title" not in json.dumps([o.get("parameters") for o in operations(document).values()])


def test_a_map_has_no_keys_but_those_of_its_pattern(document: dict[str, Any]) -> None:
    """The framework names the pattern, and forgets to say that other keys are refused."""
    marks = document["components"]["schemas"]["Thing"]["properties"]["marks"]
    assert (list(marks["patternProperties"]), marks["additionalProperties"]) == (["^[a-z]$"], False)


def test_titles_go_at_any_depth_but_not_from_examples() -> None:
    schema = {"title": "A", "anyOf": [{"title": "B", "type": "string"}], "examples": [{"title": "kept"}]}
    assert _untitled(schema) == {"anyOf": [{"type": "string"}], "examples": [{"title": "kept"}]}


def test_paths_and_schemas_stand_in_order(document: dict[str, Any]) -> None:
    assert list(document["paths"]) == sorted(document["paths"])
    assert list(document["components"]["schemas"]) == sorted(document["components"]["schemas"])
    assert list(document["paths"]["/api/things/v1/things/{thing_id}"]) == ["get", "put"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    names = set(re.findall(r'"#/components/schemas/([\w-]+)"', json.dumps(document)))
    assert names <= set(document["components"]["schemas"])
    assert names == {"Thing", "Secret", "Part", "Problem", "FieldError"}


def test_a_real_problem_fits_the_documented_schema(document: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - the only test that needs it

    from services.kit.problem import FieldError, Malformed  # noqa: PLC0415 - same

    body = Malformed("d", errors=[FieldError("/a", "required", "r")]).body("x", "et")
    schema = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    Draft202012Validator(schema).validate(body)
    del body["instance"]
    assert not Draft202012Validator(schema).is_valid(body)


def test_the_document_is_built_once_and_rendered_with_a_newline(app: FastAPI) -> None:
    assert app.openapi() is app.openapi()
    rendered = openapi.render(app.openapi())
    assert rendered.endswith(b"}\n")
    assert rendered.startswith(b'{\n  "openapi"')
    assert "Öö".encode() in rendered
    assert json.loads(rendered) == app.openapi()


PROGRAM = """
import sys
sys.path.insert(0, "tests/kit")
import test_openapi as t
from services.kit import openapi, web
app = web.create_service(web.ServiceSpec(name="t", title="t", description="d", routers=[t.router]))
sys.stdout.buffer.write(openapi.render(app.openapi()))
"""


def test_the_bytes_do_not_depend_on_the_hash_seed() -> None:
    made = {
        subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1
    assert len(made.pop()) > 1000


def test_the_page_shows_everything_escaped_and_loads_nothing(document: dict[str, Any]) -> None:
    page = openapi.page(document)
    for text in (
        "Things &amp; &lt;more&gt;",
        "Second &lt;p&gt;.",
        "A thing &lt;b&gt;with&lt;/b&gt;",
        "How &lt;large&gt;",
    ):
        assert text in page
    assert "b&lt;&quot;" in page
    assert "<b>" not in page
    assert "<p>.</p>" not in page
    assert not re.search(r"<script|<link|<img|<iframe|src=|https?://|@import|url\(|javascript:| on\w+=", page)
    for name, operation in operations(document).items():
        assert f'id="{name}"' in page
        assert f'href="#{name}"' in page
        for status in operation["responses"]:
            assert f"<td>{status}</td>" in page


def test_every_link_of_the_page_leads_somewhere_on_it(document: dict[str, Any]) -> None:
    page = openapi.page(document)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))


def test_the_pages_style_is_the_one_that_its_policy_allows(document: dict[str, Any]) -> None:
    import base64  # noqa: PLC0415 - the only test that needs it
    import hashlib  # noqa: PLC0415 - same

    style = re.search(r"<style>(.*?)</style>", openapi.page(document), re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in openapi.CONTENT_SECURITY_POLICY
