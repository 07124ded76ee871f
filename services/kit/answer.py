"""Problems as HTTP answers."""

import json
from collections.abc import Callable, Mapping
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from services.kit.problem import (
    MEDIA_TYPE,
    Malformed,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    Problem,
    TooLarge,
    UnsupportedMedia,
    choose_language,
)

ErrorAnswer = Callable[[Problem, str], Response]
"""Makes the answer for a problem and a request id."""

_FRAMEWORK: Final[Mapping[int, type[Problem]]] = {
    404: NotFound,
    405: MethodNotAllowed,
    406: NotAcceptable,
    413: TooLarge,
    415: UnsupportedMedia,
}


class Answers:
    """How a service answers problems: problem+json, but under some path prefixes otherwise (SOAP)."""

    def __init__(self, elsewhere: Mapping[str, ErrorAnswer]) -> None:
        self._elsewhere = dict(elsewhere)

    def __call__(self, problem: Problem, scope: Scope) -> Response:
        """The answer to a request."""
        request_id = scope["state"]["request_id"]
        for prefix, answer in self._elsewhere.items():
            if scope["path"].startswith(prefix):
                return answer(problem, request_id)
        return problem_answer(problem, request_id, language_of(scope))


def language_of(scope: Scope) -> str:
    """The language that the caller of a request prefers."""
    return choose_language(Headers(scope=scope).get("accept-language"))


def problem_answer(problem: Problem, request_id: str, language: str, status: int | None = None) -> Response:
    """The problem+json answer in a language; ``status`` where a foreign protocol has another than ours."""
    told = problem.body(request_id, language) | ({} if status is None else {"status": status})
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return Response(
        body.encode("utf-8"),
        status_code=problem.status if status is None else status,
        headers={**problem.headers, "Content-Language": language},
        media_type=MEDIA_TYPE,
    )


def framework_problem(status: int, headers: Mapping[str, str] | None) -> Problem:
    """Our problem for a status that the web framework chose by itself."""
    return _FRAMEWORK.get(status, Malformed)(headers=headers)
