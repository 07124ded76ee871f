"""What the document says of ``fields`` and ``expand`` (``kit.sparse``, ``kit.expanding``)."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi.routing import APIRoute, RouteContext

from services.kit import expanding, sparse

_FIELDS: Final = (
    "Only these members, of the answer or of each of its `items`; all others are absent, also those that the "
    "schema requires. The parameter again for each, or commas between them."
)
_EXPAND: Final = (
    "These sub-resources beside the thing, in `expanded`: each as its own address answers this caller, a "
    "refusal included. The parameter again for each, or commas between them."
)
_EXPANDED: Final = {
    "type": "object",
    "description": "What `expand` asked for, by its name; absent else.",
    "additionalProperties": {
        "type": "object",
        "required": ["status", "etag", "body"],
        "properties": {
            "status": {"type": "integer", "examples": [200]},
            "etag": {"type": ["string", "null"], "examples": ['"3"']},
            "body": {"type": "object", "description": "What the address of the sub-resource answers."},
        },
    },
}


def tell_expanded(schemas: Mapping[str, Any], route: RouteContext) -> None:
    """Adds ``expanded`` to the schema of a thing beside which something can be asked for."""
    original = route.original_route
    if isinstance(original, APIRoute) and expanding.expandable(original.endpoint):
        own = schemas[original.response_model.__name__]
        own["properties"][expanding.EXPANDED] = copy.deepcopy(_EXPANDED)


def parameters(operation: Mapping[str, Any], route: RouteContext) -> Iterator[dict[str, Any]]:
    """The parameters of what is read: the words that can be named there, and none where nothing can."""
    original = route.original_route
    media = operation["responses"].get("200", {}).get("content", {}).keys()
    if not isinstance(original, APIRoute) or original.methods != {"GET"} or media != {"application/json"}:
        return
    if fields := tuple(sparse.members(original.response_model)):
        yield _words(sparse.FIELDS, fields, _FIELDS)
    if names := expanding.expandable(original.endpoint):
        yield _words(expanding.EXPAND, names, _EXPAND)


def _words(name: str, words: tuple[str, ...], description: str) -> dict[str, Any]:
    """A parameter that is a list of words."""
    items = {"type": "string", "enum": list(words)}
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "array", "items": items, "minItems": 1},
        "example": list(words[:2]),
    }
