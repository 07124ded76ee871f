import re
from pathlib import Path

import pytest

from services.kit.problem import (
    LANGUAGES,
    STATUS,
    FieldError,
    Kind,
    Malformed,
    NotFound,
    Problem,
    StaleVersion,
    Unauthenticated,
    choose_language,
    common,
    words,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "problems.md"


SHIPPED = [
    value
    for value in vars(common).values()
    if isinstance(value, type) and issubclass(value, Problem) and value is not Problem
]


def test_the_kit_ships_each_slug_once() -> None:
    slugs = [kind.slug for kind in SHIPPED]
    assert len(slugs) == len(set(slugs)) > 15


@pytest.mark.parametrize("kind", SHIPPED, ids=lambda kind: kind.slug)
def test_each_problem_is_documented_with_its_status(kind: type[Problem]) -> None:
    assert re.search(rf"^\| `{kind.slug}` \| {STATUS[kind.kind]} \|", PAGE.read_text(), re.MULTILINE)


def test_the_page_documents_no_problem_of_the_kit_that_is_not_there() -> None:
    section = PAGE.read_text().split("## Every service")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)) == {k.slug for k in SHIPPED}


@pytest.mark.parametrize("kind", SHIPPED, ids=lambda kind: kind.slug)
def test_each_problem_speaks_three_different_languages(kind: type[Problem]) -> None:
    assert len({kind.titles[language] for language in LANGUAGES}) == len(LANGUAGES)
    assert re.search("[а-я]", kind.titles["ru"])


def test_every_kind_has_an_error_status() -> None:
    assert set(STATUS) == set(Kind)
    assert all(400 <= status < 600 for status in STATUS.values())


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Kind.MALFORMED, 422),
        (Kind.UNAUTHENTICATED, 401),
        (Kind.FORBIDDEN, 403),
        (Kind.NOT_FOUND, 404),
        (Kind.CONFLICT, 409),
        (Kind.GONE, 410),
        (Kind.PRECONDITION_FAILED, 412),
        (Kind.PRECONDITION_REQUIRED, 428),
        (Kind.TOO_LARGE, 413),
        (Kind.UNSUPPORTED_MEDIA, 415),
        (Kind.TOO_MANY, 429),
        (Kind.RULE_REFUSED, 409),
        (Kind.UPSTREAM_UNAVAILABLE, 503),
        (Kind.UPSTREAM_WRONG, 502),
        (Kind.OVERLOADED, 503),
        (Kind.INTERNAL, 500),
    ],
)
def test_the_table_from_kind_to_status(kind: Kind, status: int) -> None:
    assert STATUS[kind] == status


def test_a_body_without_detail_and_errors_has_neither() -> None:
    assert NotFound().body("9a1f0bb2-9f5c-4f6c-8d0f-0123456789ab", "en") == {
        "type": "urn:turvavork:problem:not-found",
        "title": "Not found",
        "status": 404,
        "instance": "urn:uuid:9a1f0bb2-9f5c-4f6c-8d0f-0123456789ab",
    }


def test_a_body_with_everything() -> None:
    problem = Malformed("see errors", errors=[FieldError("/a/0", "required", "a value is required")])
    body = problem.body("x", "et")
    assert body["title"] == "Sõnum ei vasta nõuetele"
    assert body["detail"] == "see errors"
    assert body["errors"] == [{"pointer": "/a/0", "code": "required", "reason": "a value is required"}]


def test_unauthenticated_says_how_to_authenticate_and_keeps_other_headers() -> None:
    assert Unauthenticated(headers={"X": "y"}).headers == {"WWW-Authenticate": "Bearer", "X": "y"}


def test_a_problem_prints_its_slug_and_detail() -> None:
    assert str(StaleVersion()) == "stale-version"
    assert str(StaleVersion("version 3")) == "stale-version: version 3"


def test_a_slug_that_is_not_kebab_case_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="kebab-case"):
        type("Odd", (Problem,), {"slug": "Case_Closed"})


def test_titles_that_lack_a_language_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="exactly et, ru, en"):
        type("Odd", (Problem,), {"titles": {"et": "Suletud", "en": "Closed"}})


def test_a_branch_of_the_tree_needs_no_slug() -> None:
    branch = type("Branch", (Problem,), {"kind": Kind.CONFLICT})
    leaf = type("Leaf", (branch,), {"slug": "case-closed", "titles": words("Suletud", "Закрыто", "Closed")})
    assert leaf().status == 409
    assert leaf.type_uri() == "urn:turvavork:problem:case-closed"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "et"),
        ("", "et"),
        ("ru", "ru"),
        ("en-GB", "en"),
        ("EN", "en"),
        ("de, fr;q=0.9", "et"),
        ("de, en;q=0.4, ru;q=0.5", "ru"),
        ("en;q=0", "et"),
        ("ru;q=0, en;q=0.1", "en"),
        ("*", "et"),
        ("en;q=nonsense, ru;q=0.1", "ru"),
        ("en;q=2", "et"),
        ("," * 100_000, "et"),
    ],
)
def test_the_language_follows_the_header(header: str | None, language: str) -> None:
    assert choose_language(header) == language
