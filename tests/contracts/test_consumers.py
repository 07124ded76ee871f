"""What one service relies on in another is promised there: expectations meet in a file, not in an import."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import services
from system import openapi

FOLDER = Path(__file__).resolve().parents[2] / "openapi"
Relied = Mapping[str, Mapping[str, Sequence[str]]]


def _relying() -> Iterator[tuple[str, Relied]]:
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if ".outbound" in module.name:
            relied = getattr(importlib.import_module(module.name), "RELIES_ON", None)
            if relied is not None:
                yield module.name, relied


def _operation(provider: str, operation_id: str) -> dict[str, Any]:
    for methods in openapi.read(FOLDER, provider)["paths"].values():
        for operation in methods.values():
            if operation["operationId"] == operation_id:
                return dict(operation)
    raise AssertionError(f"{provider} promises no {operation_id}")


def _names(schema: object, components: Mapping[str, Any], seen: frozenset[str] = frozenset()) -> set[str]:
    """Every property name that a schema promises, at any depth."""
    if isinstance(schema, list):
        return set().union(*(_names(each, components, seen) for each in schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    reference = schema.get("$ref")
    if isinstance(reference, str):
        name = reference.rpartition("/")[2]
        return set() if name in seen else _names(components[name], components, seen | {name})
    own = set(schema.get("properties", {}))
    return own.union(*(_names(each, components, seen) for each in schema.values()))


def test_every_service_that_calls_another_says_what_it_relies_on() -> None:
    callers = {name.split(".")[1] for name, _ in _relying()}
    assert callers == {"cases", "exchange", "indicators"}


def test_what_is_relied_on_is_promised() -> None:
    for consumer, relied in _relying():
        for provider, operations in relied.items():
            components = openapi.read(FOLDER, provider)["components"]["schemas"]
            for operation_id, fields in operations.items():
                operation = _operation(provider, operation_id)
                answers = [
                    value for status, value in operation["responses"].items() if status.startswith("2")
                ]
                missing = set(fields) - _names(answers, components)
                assert not missing, f"{consumer} relies on {provider}.{operation_id}: {sorted(missing)}"
