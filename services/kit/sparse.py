"""``fields``: the reader names the members that it wants, and gets no others.

One way for every resource that is read: the names are those of the published document, in the answer itself
or, where it is a list, in each of its items. What is not asked for is not disclosed, and the audit row does
not tell of it. A name that is not there is refused before anything is read, and after the caller was let in.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import NoneType
from typing import Any, Final, get_args, get_origin

from fastapi import Request
from pydantic import BaseModel

from services.kit.problem import FieldError, Malformed

FIELDS: Final = "fields"
ITEMS: Final = "items"
_MOST_MODELS: Final = 4096


@lru_cache(maxsize=_MOST_MODELS)
def members(answer: Any) -> Mapping[str, str]:  # noqa: ANN401 - the type of a route's answer
    """What can be named in an answer of this type: public names, and our own names of the same."""
    model = _model(answer)
    if model is None:
        return {}
    items = model.model_fields.get(ITEMS)
    within = None if items is None else _model(items.annotation)
    return _names(model if within is None else within)


def is_list(model: type[BaseModel]) -> bool:
    """Whether what is named are the members of its items."""
    items = model.model_fields.get(ITEMS)
    return items is not None and _model(items.annotation) is not None


def wanted(request: Request, answer: Any) -> frozenset[str] | None:  # noqa: ANN401 - the type of a route's answer
    """Our own names of what the reader wants, or None for all; Malformed for what cannot be named."""
    given = words(request, FIELDS)
    if given is None:
        return None
    known = members(answer)
    if not known:
        return None  # nothing of this answer can be named, and its document says so
    if not set(given) <= known.keys():
        raise unknown(FIELDS, known)
    return frozenset(known[name] for name in given)


def words(request: Request, parameter: str) -> list[str] | None:
    """The words of a parameter, as clients send lists: again and again, or with commas; None without any."""
    given = request.query_params.getlist(parameter)
    return [word for each in given for word in each.split(",")] or None


def unknown(parameter: str, known: Mapping[str, object] | tuple[str, ...]) -> Malformed:
    """The refusal of a name: it says which there are."""
    reason = f"one or more of: {', '.join(known)}"
    return Malformed(errors=[FieldError(f"query:{parameter}", "unknown", reason)])


def _names(model: type[BaseModel]) -> Mapping[str, str]:
    stored = {info.alias or name: name for name, info in model.model_fields.items() if not info.exclude}
    computed = {info.alias or name: name for name, info in model.model_computed_fields.items()}
    return stored | computed


def _model(answer: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any annotation
    """The model of an annotation: itself, or that of a list; None where there is not exactly one."""
    if isinstance(answer, type) and issubclass(answer, BaseModel):
        return answer
    if get_origin(answer) is None:
        return None
    found = {_model(part) for part in get_args(answer) if part is not NoneType} - {None}
    return found.pop() if len(found) == 1 else None
