"""Examples fit what they are examples of, whatever the schema."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services.kit.openapi import examples

SCHEMAS: dict[str, Any] = {
    "Name": {"type": "object", "properties": {"et": {"type": "string", "examples": ["Avatud"]}}},
    "Expanded": {
        "type": "object",
        "properties": {"id": {"type": "string", "format": "uuid"}, "expanded": {"type": "object"}},
        "required": ["id"],
    },
}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "examples": ["a", "b"], "pattern": "^a"}, "a"),
        ({"const": 7}, 7),
        ({"enum": ["open", "closed"]}, "open"),
        ({"$ref": "#/components/schemas/Name"}, {"et": "Avatud"}),
        ({"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 3.0}]}, 3),
        ({"type": "integer", "exclusiveMinimum": 4}, 5),
        ({"type": ["null", "boolean"]}, True),
        ({"type": "array", "items": {"type": "string", "format": "date"}, "minItems": 2}, ["2018-03-02"] * 2),
        ({"type": "array"}, []),
        (
            {
                "type": "object",
                "propertyNames": {"enum": ["q1"]},
                "additionalProperties": {"type": "string", "maxLength": 4},
            },
            {"q1": "text"},
        ),
        ({"type": "object", "additionalProperties": False}, {}),
        ({"$ref": "#/components/schemas/Expanded"}, {"id": "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"}),
    ],
)
def test_an_example_is_a_value_of_the_schema(schema: dict[str, Any], value: Any) -> None:
    made = examples.of(schema, SCHEMAS)
    assert made == value
    assert type(made) is type(value)
    Draft202012Validator({**schema, "components": {"schemas": SCHEMAS}}).validate(made)


def test_what_has_an_example_keeps_it_and_refusals_get_none() -> None:
    content = {"schema": {"type": "string"}}
    operation = {
        "requestBody": {"content": {"application/json": dict(content)}},
        "responses": {
            "200": {"content": {"text/plain": {**content, "example": "own"}}},
            "404": {"content": {"application/problem+json": dict(content)}},
        },
    }
    examples.add({"/x": {"post": operation}}, SCHEMAS)
    assert operation["requestBody"]["content"]["application/json"]["example"] == "text"
    assert operation["responses"]["200"]["content"]["text/plain"]["example"] == "own"
    assert "example" not in operation["responses"]["404"]["content"]["application/problem+json"]
