"""Published data in ``<package>/data/``: YAML without its traps, checked against a JSON Schema.

YAML is read as JSON would be: only ``true``, ``false`` and ``null`` are words; ``no`` and ``2017-03-02`` stay
text; decimals become Decimal; duplicate keys and keys that are not text are refused. Errors speak to whoever
edits the file.
"""

import hashlib
import pickle
import re
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from referencing import Registry

from services.kit import strictjson
from services.kit.problem import Malformed

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*)*")
_MAP: Final = "tag:yaml.org,2002:map"
_MERGE: Final = "tag:yaml.org,2002:merge"


class DataFileError(Exception):
    """A file of published data is wrong; the message names file, place, what is allowed, and an example."""


def load(package: str, name: str, schema: str | None) -> Any:  # noqa: ANN401 - the schema says what it is
    """Reads ``<package>/data/<name>`` (YAML), checked against ``<package>/data/<schema>``.

    The schema is JSON Schema 2020-12 in JSON. ``name`` may have folders. Each call returns new
    objects. Raises DataFileError.
    """
    return pickle.loads(_checked(package, name, schema, _bytes(package, name)))  # noqa: S301 - our own, see there


@cache
def _checked(package: str, name: str, schema: str | None, content: bytes) -> bytes:
    """The same bytes are read and checked once for each process: many ask for the same file."""
    value = _parse(_label(package, name), content)
    if schema is not None:
        error = best_match(_validator(package, schema).iter_errors(value))
        if error is not None:
            raise DataFileError(_explain(_label(package, name), error))
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


def names(package: str, folder: str = "", suffix: str = ".yaml") -> tuple[str, ...]:
    """The names (for :func:`load`) of the files in a folder of the package's data, sorted."""
    root = files(package).joinpath("data", *([folder] if folder else []))
    prefix = f"{folder}/" if folder else ""
    found = (entry.name for entry in root.iterdir() if entry.is_file() and entry.name.endswith(suffix))
    return tuple(prefix + name for name in sorted(found))


def content_hash(package: str, name: str) -> str:
    """``sha256:`` and the hex digest of the file's bytes."""
    return f"sha256:{hashlib.sha256(_bytes(package, name)).hexdigest()}"


def read_bytes(package: str, name: str) -> bytes:
    """The file's bytes (WSDL, XSD: served as they are); raises DataFileError when it is missing."""
    return _bytes(package, name)


def _label(package: str, name: str) -> str:
    return f"{package.replace('.', '/')}/data/{name}"


def _bytes(package: str, name: str) -> bytes:
    if not _NAME.fullmatch(name):
        msg = f"{_label(package, name)}: small letters, digits, '.', '_', '-' and '/' make a name"
        raise DataFileError(msg)
    try:
        return files(package).joinpath("data", *name.split("/")).read_bytes()
    except (OSError, ModuleNotFoundError) as error:
        msg = f"{_label(package, name)}: cannot be read ({type(error).__name__})"
        raise DataFileError(msg) from error


def _parse(label: str, content: bytes) -> Any:  # noqa: ANN401 - not yet checked
    try:
        return yaml.load(content.decode("utf-8"), _Loader)  # noqa: S506 - a SafeLoader, made stricter
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        msg = f"{label}: {error}"
        raise DataFileError(msg) from error


@cache
def _validator(package: str, name: str) -> Draft202012Validator:
    try:
        schema: Any = strictjson.loads(_bytes(package, name))
        Draft202012Validator.check_schema(schema)
    except Malformed as error:
        msg = f"{_label(package, name)}: {error.errors[0].reason}"
        raise DataFileError(msg) from error
    except SchemaError as error:
        msg = f"{_label(package, name)}: no JSON Schema: {error.message}"
        raise DataFileError(msg) from error
    return Draft202012Validator(schema, registry=Registry(), format_checker=FormatChecker())


def _explain(label: str, error: ValidationError) -> str:
    place = "".join(f"/{part}" for part in error.absolute_path) or "/"
    parts = [f"{label}: at {place}: {error.message}"]
    schema = error.schema if isinstance(error.schema, dict) else {}
    if error.validator in {"additionalProperties", "unevaluatedProperties", "required"}:
        parts.append(f"allowed keys: {', '.join(sorted(schema.get('properties', {})))}")
    if "description" in schema:
        parts.append(str(schema["description"]))
    parts.extend(f"for example: {example}" for example in islice(schema.get("examples", ()), 1))
    return "; ".join(parts)


class _Loader(yaml.CSafeLoader):
    """YAML's safe loader with JSON's few words and unique text keys."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    seen: set[str] = set()
    for key_node, _ in node.value:
        if key_node.tag == _MERGE:
            continue
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} is not text: put it in quotes", key_node.start_mark
            )
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} is there twice", key_node.start_mark
            )
        seen.add(key)
    loader.flatten_mapping(node)
    return {
        loader.construct_object(key, deep=True): loader.construct_object(value, deep=True)
        for key, value in node.value
    }


def _decimal(loader: _Loader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(loader.construct_scalar(node))


def _scalars() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    rules = (
        ("bool", r"true|false", "tf"),
        ("null", r"null|~|", ["n", "~", ""]),
        ("int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
        ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+", "-0123456789"),
        ("merge", r"<<", "<"),
    )
    resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for kind, pattern, firsts in rules:
        for first in firsts:
            entry = (f"tag:yaml.org,2002:{kind}", re.compile(f"(?:{pattern})\\Z", re.ASCII))
            resolvers.setdefault(first, []).append(entry)
    return resolvers


_Loader.yaml_implicit_resolvers = _scalars()
_Loader.add_constructor(_MAP, _mapping)
_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)
