"""Texts of an answer, looked at one by one and put in other words, in the model itself: never in its JSON."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from types import NoneType
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

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
        if left_out is True or value is None or _is_coded(type(model), name):
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
def _is_coded(model: type[BaseModel], name: str) -> bool:
    """Whether a field holds codes of a closed list alone: nobody writes there, and no mark may stand."""
    info = model.model_fields.get(name)
    found = [] if info is None else list(_parts(info.annotation))
    words = (one for one in found if isinstance(one, type) and issubclass(one, str | BaseModel))
    return Literal in found and not any(words)


def _parts(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - any annotation
    """What an annotation is made of, down to its last parts; of a closed list only that it is one."""
    if hasattr(annotation, "__value__"):  # type X = …
        yield from _parts(annotation.__value__)
    elif get_origin(annotation) is Literal:
        yield Literal
    elif arguments := get_args(annotation):
        for argument in arguments:
            yield from _parts(argument)
    else:
        yield annotation


@lru_cache(maxsize=8192)
def _optional(model: type[BaseModel], name: str) -> bool:
    """Whether a field may hold nothing."""
    info = model.model_fields.get(name)
    return info is not None and NoneType in _parts(info.annotation)
