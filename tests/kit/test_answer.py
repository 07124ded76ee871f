import json
from typing import Any

import pytest
from starlette.responses import PlainTextResponse, Response

from services.kit.answer import Answers, framework_problem, language_of, problem_answer
from services.kit.problem import (
    FieldError,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    Unauthenticated,
)

REQUEST_ID = "9a1f0bb2-9f5c-4f6c-8d0f-0123456789ab"


def a_scope(path: str = "/a", language: str | None = None) -> dict[str, Any]:
    headers = [] if language is None else [(b"accept-language", language.encode())]
    return {"type": "http", "path": path, "headers": headers, "state": {"request_id": REQUEST_ID}}


def test_a_problem_is_answered_as_problem_json_in_its_language() -> None:
    answer = problem_answer(NotFound(), REQUEST_ID, "ru")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == "ru"
    assert json.loads(bytes(answer.body)) == NotFound().body(REQUEST_ID, "ru")
    assert "Не найдено".encode() in bytes(answer.body)


def test_a_problems_headers_are_sent() -> None:
    assert problem_answer(Unauthenticated(), REQUEST_ID, "et").headers["www-authenticate"] == "Bearer"


def test_under_a_prefix_errors_may_look_otherwise() -> None:
    def fault(problem: Problem, request_id: str) -> Response:
        return PlainTextResponse(f"{problem.slug} {request_id}", status_code=500)

    answers = Answers({"/xroad/soap": fault})
    assert answers(NotFound(), a_scope("/xroad/soap")).body == f"not-found {REQUEST_ID}".encode()
    assert answers(NotFound(), a_scope("/xroad/rest")).headers["content-type"] == "application/problem+json"


def test_the_language_is_that_of_the_request() -> None:
    assert language_of(a_scope(language="en")) == "en"
    assert language_of(a_scope()) == "et"
    answer = Answers({})(Malformed(errors=[FieldError("", "required", "x")]), a_scope(language="en"))
    assert json.loads(bytes(answer.body))["title"] == "Malformed message"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, NotFound), (405, MethodNotAllowed), (413, TooLarge), (400, Malformed), (418, Malformed)],
)
def test_what_the_framework_refuses_is_one_of_our_problems(status: int, kind: type[Problem]) -> None:
    problem = framework_problem(status, {"Allow": "GET"})
    assert type(problem) is kind
    assert problem.headers["Allow"] == "GET"
