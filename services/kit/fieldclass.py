"""Classes of fields: who may see a value depends on its class, and the class is written at the field.

``name: Annotated[str, FieldClass("identity")]``; a field without a mark is ``basic``. A mark on a part of a
type (``Name | None``, ``list[Name]``) is the field's. What cannot be looked into (``Any``, ``dict[str, …]``)
must be marked; what could show more than it declares (extra fields, serialisers of whole models, root models)
is refused. Those are programmer's errors: a TypeError when the type is first used.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

from pydantic import (
    BaseModel,
    GetJsonSchemaHandler,
    JsonValue,
    PlainSerializer,
    RootModel,
    SerializeAsAny,
    WrapSerializer,
)
from pydantic_core import CoreSchema

Class = Literal[
    "basic", "identity", "contact", "risk", "health", "criminal", "narrative", "statistics", "technical"
]
CLASSES: Final = frozenset(get_args(Class))
BASIC: Final = frozenset({"basic"})
KEYWORD: Final = "x-field-class"
_MOST_TYPES: Final = 4096
_UNTOLD: Final = (Any, object, BaseModel, JsonValue, dict, list)

Excluded = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FieldClass:
    """The mark of a field's class."""

    name: Class

    def __post_init__(self) -> None:
        if self.name not in CLASSES:
            msg = f"{self.name} is no class of fields; there are {', '.join(sorted(CLASSES))}"
            raise ValueError(msg)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Says it in the schema, so that the published document can tell that the field may be absent."""
        return {**handler(schema), KEYWORD: self.name}


@dataclass(frozen=True)
class Shape:
    """What a model can show: the classes of each field, and the shape of the models within it."""

    fields: Mapping[str, "Field"]

    def only(self, names: frozenset[str] | None) -> "Shape":
        """The same with some fields alone; None for all."""
        if names is None:
            return self
        return Shape({name: one for name, one in self.fields.items() if name in names})

    def excluded(self, allowed: frozenset[str]) -> Excluded:
        """The argument ``exclude`` of pydantic's serialiser that leaves the allowed classes."""
        found: Excluded = {}
        for name, one in self.fields.items():
            if not one.classes <= allowed:
                found[name] = True
            elif one.within is not None and (inner := one.within.excluded(allowed)):
                for _ in range(one.depth):
                    inner = {"__all__": inner}
                found[name] = inner
        return found

    def shown(self, allowed: frozenset[str]) -> frozenset[str]:
        """The classes that are left."""
        kept = [one for one in self.fields.values() if one.classes <= allowed]
        inner = [one.within.shown(allowed) for one in kept if one.within is not None]
        return frozenset[str]().union(*(one.classes for one in kept), *inner)


@dataclass(frozen=True)
class Field:
    """One field: its classes, and the models in it, ``depth`` lists or mappings down."""

    classes: frozenset[str]
    within: Shape | None = None
    depth: int = 0


@dataclass
class _Found:
    """What a walk through one annotation finds."""

    classes: set[str] = field(default_factory=set)
    models: dict[type[BaseModel], int] = field(default_factory=dict)
    is_open: bool = False
    is_rewritten: bool = False


@lru_cache(maxsize=_MOST_TYPES)
def shape_of(model: type[BaseModel]) -> Shape:
    """The shape of a model; TypeError when it cannot be known from its declaration."""
    return _shape(model, ())


def narrowed(
    model: type[BaseModel], allowed: frozenset[str], only: frozenset[str] | None
) -> tuple[Excluded, frozenset[str]]:
    """As :func:`view`, of some fields of the model alone; None for all."""
    if only is None:
        return view(model, allowed)
    whole = shape_of(model)
    kept = whole.only(only)
    return dict.fromkeys(whole.fields.keys() - only, True) | kept.excluded(allowed), kept.shown(allowed)


@lru_cache(maxsize=_MOST_TYPES)
def view(model: type[BaseModel], allowed: frozenset[str]) -> tuple[Excluded, frozenset[str]]:
    """For a model and the allowed classes: what the serialiser leaves out, and the classes that it shows."""
    shape = shape_of(model)
    return shape.excluded(allowed), shape.shown(allowed)


def _shape(model: type[BaseModel], above: tuple[type[BaseModel], ...]) -> Shape:
    if model in above:
        raise TypeError(f"{model.__name__} contains itself: its fields cannot be told beforehand")
    if issubclass(model, RootModel) or model.model_config.get("extra") == "allow":
        raise TypeError(f"{model.__name__} can show more than its fields")
    if model.__pydantic_decorators__.model_serializers:
        raise TypeError(f"{model.__name__} has a serialiser of its own, which would not leave fields out")
    return Shape({name: _field(model, name, parts, above) for name, parts in _declared(model)})


def _declared(model: type[BaseModel]) -> Iterator[tuple[str, list[Any]]]:
    for name, info in model.model_fields.items():
        if not info.exclude:
            yield name, [info.annotation, *info.metadata]
    for name, computed in model.model_computed_fields.items():
        yield name, [computed.return_type]


def _field(model: type[BaseModel], name: str, parts: list[Any], above: tuple[type[BaseModel], ...]) -> Field:
    found = _Found()
    for part in parts:
        _walk(part, 0, found)
    if found.is_open and not found.classes:
        raise TypeError(f"{model.__name__}.{name} can hold anything: mark its FieldClass")
    classes = frozenset(found.classes) or BASIC
    if not found.models:
        return Field(classes)
    depths = set(found.models.values())
    if found.is_rewritten or name in _rewritten(model):
        raise TypeError(
            f"{model.__name__}.{name} has a serialiser that would not leave out fields of its models"
        )
    if depths != {min(depths)} or min(depths) < 0:
        raise TypeError(f"{model.__name__}.{name} holds models both directly and in a list")
    shapes = [_shape(inner, (*above, model)) for inner in found.models]
    return Field(classes, _merged(f"{model.__name__}.{name}", shapes), min(depths))


def _rewritten(model: type[BaseModel]) -> set[str]:
    """Fields that a ``field_serializer`` writes; ``*`` means all."""
    names = {
        name for one in model.__pydantic_decorators__.field_serializers.values() for name in one.info.fields
    }
    return set(model.model_fields) if "*" in names else names


def _merged(place: str, shapes: list[Shape]) -> Shape:
    """One shape for all members of a union: a name means the same in each."""
    fields: dict[str, Field] = {}
    for shape in shapes:
        for name, one in shape.fields.items():
            if fields.setdefault(name, one) != one:
                raise TypeError(f"{place}: {name} has another class in another member of the union")
    return Shape(fields)


def _walk(part: Any, depth: int, found: _Found) -> None:  # noqa: ANN401 - any annotation
    if isinstance(part, FieldClass):
        found.classes.add(part.name)
    elif isinstance(part, SerializeAsAny | TypeVar) or any(part is untold for untold in _UNTOLD):
        found.is_open = True
    elif isinstance(part, PlainSerializer | WrapSerializer):
        found.is_rewritten = True
    elif isinstance(part, type) and issubclass(part, BaseModel):
        if found.models.setdefault(part, depth) != depth:
            found.models[part] = -1
    elif hasattr(part, "__value__"):  # type X = …
        _walk(part.__value__, depth, found)
    else:
        _walk_arguments(part, depth, found)


def _walk_arguments(part: Any, depth: int, found: _Found) -> None:  # noqa: ANN401 - any annotation
    origin = get_origin(part)
    if origin is None or origin is Literal:
        return
    is_container = isinstance(origin, type) and hasattr(origin, "__iter__")
    for argument in get_args(part):
        _walk(argument, depth + 1 if is_container else depth, found)
