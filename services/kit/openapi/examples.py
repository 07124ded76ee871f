"""A whole example of each request and answer, put together from what the fields say for themselves.

The example of a field, else its first allowed word, else a value of its type. So an example is never older
than the schema; a guard of the contracts holds that each fits its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.kit.expanding import EXPANDED

_TEXT: Final = "text"
_FORMATS: Final = {
    "date": "2018-03-02",
    "date-time": "2018-03-02T09:15:00Z",
    "uuid": "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11",
    "uri": "https://example.ee/",
}
_BRANCHES: Final = ("anyOf", "oneOf", "allOf")
_NULL: Final = "null"


def add(paths: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
    """Puts an example beside the schema of every body that has none yet."""
    for content in _contents(paths):
        if "schema" in content and not content.keys() & {"example", "examples"}:
            content["example"] = of(content["schema"], schemas)


def of(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """A value that fits the schema; ``schemas`` are the document's components."""
    if "$ref" in schema:
        return of(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas)
    if schema.get("examples"):
        return schema["examples"][0]
    for word in ("example", "const"):
        if word in schema:
            return schema[word]
    if "enum" in schema:
        return schema["enum"][0]
    for branch in _BRANCHES:
        if branch in schema:
            return of(next(each for each in schema[branch] if each.get("type") != _NULL), schemas)
    return _typed(schema, schemas)


def _typed(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    kind = schema.get("type", "object")
    match next(each for each in kind if each != _NULL) if isinstance(kind, list) else kind:
        case "object":
            return _object(schema, schemas)
        case "array":
            return [of(schema["items"], schemas)] * schema.get("minItems", 1) if "items" in schema else []
        case "integer" | "number":
            return int(schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1))
        case "boolean":
            return True
        case _:
            return _FORMATS.get(schema.get("format", ""), _TEXT)


def _object(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    named = {
        name: of(part, schemas) for name, part in schema.get("properties", {}).items() if name != EXPANDED
    }
    rest, key = schema.get("additionalProperties"), schema.get("propertyNames", {}).get("enum", [_TEXT])[0]
    return {key: of(rest, schemas)} if not named and isinstance(rest, Mapping) and rest else named


def _contents(paths: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in paths.values():
        for operation in methods.values():
            answers = [one for status, one in operation["responses"].items() if status.startswith("2")]
            for holder in (operation.get("requestBody", {}), *answers):
                yield from holder.get("content", {}).values()
