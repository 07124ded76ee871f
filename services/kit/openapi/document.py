"""OpenAPI 3.1 as the framework makes it, put right.

The framework documents errors as ``application/json``, invents ``HTTPValidationError``, and does not know
that a permit always needs a purpose. A dependency that makes a permit says for which ``permit_operation``.
"""

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import RouteContext, iter_route_contexts

from services.kit.fieldclass import KEYWORD
from services.kit.openapi import examples, reading
from services.kit.problem import (
    MEDIA_TYPE,
    STATUS,
    TYPE_PREFIX,
    Forbidden,
    Malformed,
    Problem,
    PurposeRequired,
    TooLarge,
    Unauthenticated,
    UnsupportedMedia,
)

Document = dict[str, Any]

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_FIRST_ERROR: Final = 400
_PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
_PURPOSE: Final = {
    "name": "X-Purpose",
    "in": "header",
    "required": True,
    "description": "What the call is made for; it is decided upon and kept in the audit log.",
    "schema": {"type": "string", "pattern": "^[a-z]+(-[a-z]+)*$"},
    "example": "case-work",
}
_COMPONENTS: Final = {
    "FieldError": {
        "type": "object",
        "description": "One wrong place in the message. The sender's value is never repeated.",
        "required": ["pointer", "code", "reason"],
        "properties": {
            "pointer": {
                "type": "string",
                "description": "JSON pointer into the body; else query:limit, path:id, header:X-Purpose.",
                "examples": ["/persons/0/birthDate"],
            },
            "code": {"type": "string", "examples": ["not-a-date"]},
            "reason": {"type": "string", "examples": ["a date looks like 2017-03-02"]},
        },
    },
    "Problem": {
        "type": "object",
        "description": "Every error (RFC 9457). docs/problems.md explains each type.",
        "required": ["type", "title", "status", "instance"],
        "properties": {
            "type": {"type": "string", "format": "uri", "examples": [f"{TYPE_PREFIX}not-found"]},
            "title": {"type": "string", "description": "In et, ru or en, by Accept-Language."},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
            "instance": {
                "type": "string",
                "format": "uri",
                "description": "The request's id, as in X-Request-Id and in the log.",
            },
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}},
        },
    },
}
_BEARER: Final = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def problems(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that may answer with these problems."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        entry = found.setdefault(STATUS[kind.kind], {"description": ""})
        entry["description"] = _joined(entry["description"], f"{kind.titles['en']} (`{kind.slug}`)")
    return found


def _joined(*descriptions: str) -> str:
    """The problems of several descriptions, each once."""
    words = (word for each in descriptions for word in each.split("; ") if word)
    return "; ".join(dict.fromkeys(words))


def build(app: FastAPI, *, title: str, version: str, description: str) -> Document:
    """The document of an application, the same bytes for the same code."""
    made = get_openapi(title=title, version=version, description=description, routes=app.routes)
    routes = {
        (context.path_format, method.lower()): context
        for context in iter_route_contexts(app.routes)
        if hasattr(context, "dependant")
        for method in context.methods or ()
    }
    for path, item in made["paths"].items():
        for method, operation in item.items():
            _put_right(operation, routes[path, method])
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for context in routes.values():
        reading.tell_expanded(schemas, context)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas.update(copy.deepcopy(_COMPONENTS))
    made = _plainly_named(made)
    components = made["components"]
    schemas = components["schemas"]
    components["schemas"] = {name: _cut(_untitled(schemas[name])) for name in sorted(schemas)}
    examples.add(made["paths"], components["schemas"])
    components["securitySchemes"] = {"bearer": dict(_BEARER)}
    made["components"] = dict(sorted(components.items()))
    made["paths"] = {
        path: {method: made["paths"][path][method] for method in _METHODS if method in made["paths"][path]}
        for path in sorted(made["paths"])
    }
    return made


def _plainly_named(made: Document) -> Document:
    """Two schemas of one name are told apart by their subjects: ``PlanCloseIn``, not by where our code is."""
    names = {name: _plain(name) for name in made["components"]["schemas"] if "__" in name}
    text = json.dumps(made, ensure_ascii=False)
    for name, plain in names.items():
        text = text.replace(f'"#/components/schemas/{name}"', f'"#/components/schemas/{plain}"')
    again: Document = json.loads(text)
    schemas = again["components"]["schemas"]
    again["components"]["schemas"] = {names.get(name, name): schema for name, schema in schemas.items()}
    if len(again["components"]["schemas"]) != len(schemas):
        raise ValueError(f"two schemas of one plain name: {sorted(names.values())}")
    return again


def _plain(name: str) -> str:
    """``services__cases__schemas__action_plan__CloseIn`` → ``ActionPlanCloseIn``."""
    subject, own = name.split("__")[-2:]
    return "".join(part.capitalize() for part in subject.split("_")) + own


def render(document: Document) -> bytes:
    """The document as it is committed: two-space JSON, ends with a newline."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def permit_operation(dependant: Dependant) -> str | None:
    """The operation that a route's permit is for, or None when it needs none."""
    for call in _calls(dependant):
        operation = getattr(call, "permit_operation", None)
        if isinstance(operation, str):
            return operation
    return None


def _calls(dependant: Dependant) -> Iterator[object]:
    for part in dependant.dependencies:
        yield part.call
        yield from _calls(part)


def _put_right(operation: dict[str, Any], route: RouteContext) -> None:
    guarded = permit_operation(route.dependant) is not None
    parameters = [p for p in operation.pop("parameters", []) if not guarded or not _is_permits(p)]
    if guarded:
        parameters.append(copy.deepcopy(_PURPOSE))
    if any(getattr(call, "is_sparse", False) for call in _calls(route.dependant)):
        parameters.extend(reading.parameters(operation, route))
    for parameter in parameters:
        parameter["schema"] = _untitled(parameter.get("schema", {}))
    if parameters:
        operation["parameters"] = sorted(parameters, key=lambda p: (p["in"] != "path", p["in"], p["name"]))
    operation["security"] = [{"bearer": []}] if guarded else []
    operation["responses"] = _responses(operation, guarded=guarded)


def _is_permits(parameter: Mapping[str, Any]) -> bool:
    return parameter["in"] == "header" and parameter["name"].lower() in {"x-purpose", "authorization"}


def _responses(operation: dict[str, Any], *, guarded: bool) -> dict[str, Any]:
    responses: dict[str, Any] = operation.get("responses", {})
    if "HTTPValidationError" in json.dumps(responses.get("422", {})):
        del responses["422"]
    for status, entry in problems(*_standing(operation, guarded=guarded)).items():
        own = responses.setdefault(str(status), entry)
        own["description"] = _joined(own["description"], entry["description"])
    responses.setdefault("default", {"description": "Any other problem"})
    for status, response in responses.items():
        if status == "default" or (status.isdecimal() and int(status) >= _FIRST_ERROR):
            response["content"] = {MEDIA_TYPE: {"schema": dict(_PROBLEM)}}
    return dict(sorted(responses.items()))


def _standing(operation: Mapping[str, Any], *, guarded: bool) -> Iterable[type[Problem]]:
    if "requestBody" in operation:
        yield from (TooLarge, UnsupportedMedia)
    if "requestBody" in operation or "parameters" in operation:
        yield Malformed
    if guarded:
        yield from (Unauthenticated, Forbidden, PurposeRequired)


def _cut(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema whose fields of a class are absent for who may not see that class."""
    for name, part in schema.get("properties", {}).items():
        for field_class in sorted(set(_classes(part)) - {"basic"}):
            if name in schema.get("required", ()):
                schema["required"].remove(name)
            told = f"Absent for who may not see fields of the class `{field_class}`."
            part["description"] = f"{part.get('description', '')} {told}".lstrip()
    return schema


def _classes(part: Any) -> Iterator[str]:  # noqa: ANN401 - any part of a JSON Schema
    """The classes that are marked anywhere in the type of a field."""
    if isinstance(part, list):
        for each in part:
            yield from _classes(each)
    elif isinstance(part, dict):
        if KEYWORD in part:
            yield part[KEYWORD]
        for each in part.values():
            yield from _classes(each)


def _untitled(schema: Any) -> Any:  # noqa: ANN401 - any part of a JSON Schema
    """Without the titles that are only the names again; a map's keys are those of its pattern alone."""
    if isinstance(schema, list):
        return [_untitled(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    clean = {key: value for key, value in schema.items() if key != "title" or not isinstance(value, str)}
    for key, value in clean.items():
        if key in {"properties", "$defs", "patternProperties"}:
            clean[key] = {name: _untitled(part) for name, part in value.items()}
        elif key not in {"examples", "example", "default", "enum", "const"}:
            clean[key] = _untitled(value)
    if "patternProperties" in clean:  # pydantic refuses keys that fit no pattern, and does not say so
        clean.setdefault("additionalProperties", False)
    return clean
