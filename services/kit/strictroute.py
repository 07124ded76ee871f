"""Routes whose JSON bodies are read strictly."""

from collections.abc import Callable, Coroutine
from email.message import Message
from types import NoneType, UnionType
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

from fastapi import APIRouter, Request, params
from fastapi.routing import APIRoute
from pydantic import BaseModel, RootModel
from starlette.responses import Response

from services.kit import expanding, sparse, strictjson, validation
from services.kit.answer import language_of
from services.kit.problem import Malformed, Problem, UnsupportedMedia
from services.kit.validation import declared_names, field_errors

_JSON: Final = frozenset({"application/json", "application/json;charset=utf-8"})
#: More than any message of ours has, and few enough that a word about each wrong one takes no second.
_MOST_VALUES: Final = 10_000
_UNREADABLE: Final = 0  # no model reads a bare number
_MISSING: Final = {"type": "missing", "loc": ("body",)}

Model = TypeVar("Model", bound=BaseModel)
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRoute(APIRoute):
    """A route that takes at most one JSON body, of a model or a list of models, read by ``kit.strictjson``.

    An unreadable body is told only after the route's dependencies have run: who may not call learns nothing.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - passed on
        super().__init__(path, endpoint, **options)
        if self.body_field is None:
            return
        annotation = self.body_field.field_info.annotation
        if self._embed_body_fields or isinstance(self.body_field.field_info, params.Form):
            msg = f"{endpoint.__name__}: a route takes one JSON body"
            raise TypeError(msg)
        if not _is_models(annotation):
            msg = f"{endpoint.__name__}: a body is a model or a list of models"
            raise TypeError(msg)

    def declared_names(self) -> frozenset[str]:
        """The field names that may show in pointers into this route's body."""
        annotation: Any = None if self.body_field is None else self.body_field.field_info.annotation
        return frozenset() if annotation is None else declared_names(annotation)

    def get_route_handler(self) -> Handler:
        """The framework's handler behind the strict reader; before what goes beside the answer."""
        inner = super().get_route_handler()
        if expanding.expandable(self.endpoint):
            return _expanding(inner)
        if self.body_field is None:
            return inner

        async def handler(request: Request) -> Response:
            body = await request.body()
            if body:
                try:
                    request._json = _read(request, body)  # noqa: SLF001 - where Starlette keeps what it parsed
                except Problem as problem:
                    request._json = _UNREADABLE  # noqa: SLF001 - same
                    request.state.unreadable_body = problem
            return await inner(request)

        return handler


class ServiceRouter(APIRouter):
    """A router of strict routes; a route function's name is its operation id."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - passed on
        options.setdefault("route_class", StrictRoute)
        options.setdefault("generate_unique_id_function", _operation_id)
        super().__init__(redirect_slashes=False, **options)


async def read_body(request: Request, model: type[Model]) -> Model:
    """The JSON body, read as a route reads it: for an endpoint on a straight way.

    Raises UnsupportedMedia, Malformed.
    """
    body, language = await request.body(), language_of(request.scope)
    if not body:
        raise Malformed(errors=field_errors([_MISSING], frozenset(), language))
    return validation.read(model, _read(request, body), language=language)


def wanted(request: Request) -> frozenset[str] | None:
    """What the reader of a thing wants of it; Malformed for a name that is not there.

    Notes in the request what is to go beside the answer. For what opens the transaction: after the caller was
    let in, before anything is read.
    """
    route = request.scope.get("route")
    if request.method != "GET" or not isinstance(route, StrictRoute):
        return None
    request.state.expand = expanding.wanted(request, route.endpoint)
    return sparse.wanted(request, route.response_model)


def _expanding(inner: Handler) -> Handler:
    async def handler(request: Request) -> Response:
        return expanding.expanded(request, await inner(request))

    return handler


def unreadable_body(request: Request) -> Problem | None:
    """What was wrong with the body before any model saw it."""
    problem = getattr(request.state, "unreadable_body", None)
    return problem if isinstance(problem, Problem) else None


def _operation_id(route: APIRoute) -> str:
    return route.name


def _read(request: Request, body: bytes) -> strictjson.JSONValue:
    if not _is_json(request.headers.get("content-type", "")):
        raise UnsupportedMedia("the body must be application/json")
    return strictjson.loads(body, max_values=_MOST_VALUES)


def _is_json(content_type: str) -> bool:
    """JSON in UTF-8; what else the type says has no meaning (RFC 8259 § 11) and does no harm."""
    if content_type.lower().replace(" ", "") in _JSON:
        return True
    media = Message()
    media["content-type"] = content_type or "text/plain"
    charset = media.get_content_charset("utf-8")
    return media.get_content_type() == "application/json" and charset in {"utf-8", "utf8"}


def _is_models(annotation: object) -> bool:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _is_models(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return all(part is NoneType or _is_models(part) for part in get_args(annotation))
    if origin is list:
        return _is_models(get_args(annotation)[0])
    return (
        isinstance(annotation, type)
        and issubclass(annotation, BaseModel)
        and not issubclass(annotation, RootModel)
    )
