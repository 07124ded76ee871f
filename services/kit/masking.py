"""Texts of an answer, looked at one by one and put in other words, in the model itself: never in its JSON."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from types import NoneType
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin

from pydantic import BaseModel

from services.kit.fieldclass import Excluded

#: Given a text, its pointer, and whether nothing may stand in its place: what does.
Change = Callable[[str, str, bool], str | None]
Model = TypeVar("Model", bound=BaseModel)
_EVERY: Final = "__all__"


def masked(model: Model, excluded: Excluded, change: Change, pointer: str = "") -> Model:
    """The model with its texts changed, or the same one; what the view leaves out is not read."""
    changed: dict[str, Any] = {}
    for name, value in model.__dict__.items():
        left_out = excluded.get(name)
        if left_out is True or value is None:
            continue
        place = f"{pointer}/{_public(type(model), name)}"
        found = _value(value, left_out or {}, change, place, _optional(type(model), name))
        if found is not value:
            changed[name] = found
    return model.model_copy(update=changed) if changed else model


def _value(value: Any, excluded: Excluded, change: Change, pointer: str, may_be_none: bool) -> Any:  # noqa: ANN401, FBT001 - any field's
    if isinstance(value, str):
        return value if isinstance(value, Enum) else change(value, pointer, may_be_none)
    if isinstance(value, BaseModel):
        return masked(value, excluded, change, pointer)
    if isinstance(value, Mapping):
        return _mapping(value, excluded, change, pointer)
    if isinstance(value, list | tuple):
        return _sequence(value, excluded, change, pointer)
    return value


def _mapping(value: Mapping[Any, Any], excluded: Excluded, change: Change, pointer: str) -> Any:  # noqa: ANN401 - any field's
    inner = excluded.get(_EVERY, {})
    found = {key: _value(one, inner, change, f"{pointer}/{key}", False) for key, one in value.items()}
    return found if any(found[key] is not value[key] for key in value) else value


def _sequence(value: Sequence[Any], excluded: Excluded, change: Change, pointer: str) -> Any:  # noqa: ANN401 - any field's
    by_item: Mapping[Any, Any] = excluded
    found = []
    for number, one in enumerate(value):
        own = by_item.get(number, by_item.get(_EVERY, {}))
        found.append(one if own is True else _value(one, own, change, f"{pointer}/{number}", False))
    if all(new is old for new, old in zip(found, value, strict=True)):
        return value
    return found if isinstance(value, list) else tuple(found)


@lru_cache(maxsize=8192)
def _public(model: type[BaseModel], name: str) -> str:
    info = model.model_fields.get(name)
    return name if info is None else info.serialization_alias or info.alias or name


@lru_cache(maxsize=8192)
def _optional(model: type[BaseModel], name: str) -> bool:
    """Whether a field may hold nothing."""
    info = model.model_fields.get(name)
    return info is not None and _has_none(info.annotation)


def _has_none(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    if hasattr(annotation, "__value__"):  # type X = …
        return _has_none(annotation.__value__)
    if get_origin(annotation) is Annotated:
        return _has_none(get_args(annotation)[0])
    return annotation is NoneType or any(argument is NoneType for argument in get_args(annotation))
