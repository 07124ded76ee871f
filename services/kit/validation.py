"""What pydantic found wrong, told as field errors in our own words.

A pointer holds list positions and names that our schemas declare, nothing that the sender chose: at an
unknown field or a free key it stops at the parent. Places outside the body are written ``query:limit``,
``path:id``, ``header:X-Purpose``.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from services.kit.personal_code import PersonalCodeError
from services.kit.problem import FieldError, Malformed
from services.kit.validation_texts import TEXTS, TYPES

_MOST_ERRORS: Final = 50
_LIMITS: Final = ("max_length", "min_length", "ge", "gt", "le", "lt", "multiple_of", "max_digits")
_ALLOWED: Final = ("expected", "expected_tags")
_Model = TypeVar("_Model", bound=BaseModel)


def read(model: type[_Model], value: object, *, language: str = "en") -> _Model:
    """A checked message from a JSON value; raises Malformed with pointers into the value."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    locations = [{**item, "loc": ("body", *item["loc"])} for item in found]
    raise Malformed(errors=field_errors(locations, declared_names(model), language))


def field_errors(
    errors: Iterable[Mapping[str, Any]], names: frozenset[str], language: str
) -> list[FieldError]:
    """At most fifty field errors for pydantic's, whose ``loc`` begins with body, query, path or header.

    ``names`` are the field names that may show in pointers (:func:`declared_names`).
    """
    told: list[FieldError] = []
    for error in errors:
        code, reason = _words(error, language)
        item = FieldError(_pointer(error["loc"], code, names), code, reason)
        if item not in told:
            told.append(item)
        if len(told) == _MOST_ERRORS:
            break
    return told


@lru_cache(maxsize=512)
def declared_names(annotation: Any) -> frozenset[str]:  # noqa: ANN401 - any type that pydantic reads
    """All field names that a type's schema declares, at any depth."""
    return frozenset(_names(TypeAdapter(annotation).json_schema(mode="validation")))


def _names(schema: object) -> Iterable[str]:
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for part in schema.values():
            yield from _names(part)


def _pointer(location: Sequence[str | int], code: str, names: frozenset[str]) -> str:
    place, parts = str(location[0]), list(location[1:])
    if place != "body":
        return ":".join([place, *(str(part) for part in parts[:1])])
    if code == "unknown-field":
        parts.pop()
    pointer = ""
    for part in parts:
        if isinstance(part, str) and part not in names:
            break
        pointer += f"/{str(part).replace('~', '~0').replace('/', '~1')}"
    return pointer


def _words(error: Mapping[str, Any], language: str) -> tuple[str, str]:
    context = error.get("ctx") or {}
    cause = context.get("error")
    if isinstance(cause, PersonalCodeError):
        code = f"personal-code-{cause.code}"
    else:
        code = TYPES.get(error["type"], "wrong-value")
    reason = TEXTS[code][language]
    limit = next((context[key] for key in _LIMITS if key in context), None)
    if limit is not None:
        reason = f"{reason} ({limit})"
    allowed = next((context[key] for key in _ALLOWED if key in context), None)
    if allowed is not None:
        reason = f"{reason}: {allowed}"
    return code, reason
