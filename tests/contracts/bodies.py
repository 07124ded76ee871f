"""Bodies with something else at a place."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.contracts.door import Body, Place

_HERE = "@@here@@"


def texts(body: Any, at: Place = ()) -> Iterator[tuple[Place, str]]:
    """Every text of a body with its place."""
    if isinstance(body, str):
        yield at, body
    elif isinstance(body, dict | list):
        for step, inner in body.items() if isinstance(body, dict) else enumerate(body):
            yield from texts(inner, (*at, step))


def changed(body: Body, at: Mapping[Place, Any]) -> Body:
    """A copy of the body with other values at some places."""
    copy = json.loads(json.dumps(body))
    for place, value in at.items():
        inner = copy
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = value
    return dict(copy)


def with_bytes(body: Body, place: Place, value: bytes) -> bytes:
    """The body as JSON with raw bytes for the value at a place."""
    return json.dumps(changed(body, {place: _HERE})).encode().replace(f'"{_HERE}"'.encode(), value)
