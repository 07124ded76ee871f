import json
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from services.kit import personal_code
from services.kit.fields import Day, Instant, Whole
from services.kit.problem import FieldError, Malformed
from services.kit.validation import declared_names, field_errors, read

CANARY = "Maasikas"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(Strict):
    role: Literal["victim", "child"]
    personal_code: str | None = Field(default=None, alias="personalCode")
    birth_date: Day | None = Field(default=None, alias="birthDate")
    name: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=20)] = "x"

    @field_validator("personal_code")
    @classmethod
    def _checked(cls, value: str | None) -> str | None:
        return None if value is None else personal_code.parse(value).value

    @field_validator("name")
    @classmethod
    def _odd(cls, value: str) -> str:
        if value == CANARY:
            raise ValueError(f"{value} is not welcome")
        return value


class Referral(Strict):
    persons: Annotated[list[Person], Field(max_length=3)]
    answers: dict[Literal["injury", "afraid-of"], Literal["yes", "no"]] = {}
    free: dict[str, Whole] = {}
    at: Instant | None = None
    case_id: UUID | None = Field(default=None, alias="caseId")
    odd_name: Annotated[int, Field(alias="a/b~c", ge=1, le=5, strict=True)] = 1


def errors_of(value: object, language: str = "en") -> list[FieldError]:
    with pytest.raises(Malformed) as caught:
        read(Referral, value, language=language)
    return list(caught.value.errors)


def places_of(value: object) -> list[tuple[str, str]]:
    return [(error.pointer, error.code) for error in errors_of(value)]


def test_a_message_that_fits_is_read() -> None:
    found = read(
        Referral, {"persons": [{"role": "child", "birthDate": "2010-01-01"}], "answers": {"injury": "yes"}}
    )
    assert found.persons[0].birth_date == date(2010, 1, 1)


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ({}, [("/persons", "required")]),
        ([], [("", "wrong-type")]),
        (None, [("", "wrong-type")]),
        (CANARY, [("", "wrong-type")]),
        ({"persons": CANARY}, [("/persons", "wrong-type")]),
        ({"persons": [{}]}, [("/persons/0/role", "required")]),
        ({"persons": [{"role": CANARY}]}, [("/persons/0/role", "not-in-list")]),
        ({"persons": [{"role": "child", CANARY: 1}]}, [("/persons/0", "unknown-field")]),
        ({"persons": [], CANARY: 1, "Mari": 2}, [("", "unknown-field")]),
        ({"persons": [], "role": "child"}, [("", "unknown-field")]),  # a name, but not here
        ({"persons": [{"role": "child"}] * 4}, [("/persons", "too-many")]),
        ({"persons": [], "answers": {CANARY: "yes"}}, [("/answers", "not-in-list")]),
        ({"persons": [], "answers": {"injury": CANARY}}, [("/answers", "not-in-list")]),
        ({"persons": [], "free": {CANARY: CANARY}}, [("/free", "wrong-type")]),
        ({"persons": [], "at": CANARY}, [("/at", "not-an-instant")]),
        ({"persons": [], "caseId": CANARY}, [("/caseId", "wrong-form")]),
        ({"persons": [], "a/b~c": 6}, [("/a~1b~0c", "too-large")]),
        ({"persons": [], "a/b~c": 0}, [("/a~1b~0c", "too-small")]),
        ({"persons": [], "a/b~c": 1.5}, [("/a~1b~0c", "wrong-type")]),
        ({"persons": [{"role": "child", "birthDate": CANARY}]}, [("/persons/0/birthDate", "not-a-date")]),
        ({"persons": [{"role": "child", "name": CANARY}]}, [("/persons/0/name", "wrong-value")]),
        ({"persons": [{"role": "child", "name": ""}]}, [("/persons/0/name", "too-short")]),
        ({"persons": [{"role": "child", "name": CANARY * 9}]}, [("/persons/0/name", "too-long")]),
        (
            {"persons": [{"role": "child", "personalCode": "60001019905"}]},
            [("/persons/0/personalCode", "personal-code-check-digit")],
        ),
        (
            {"persons": [{"role": "child", "personalCode": CANARY}]},
            [("/persons/0/personalCode", "personal-code-form")],
        ),
    ],
)
def test_each_fault_has_its_place_and_code_and_nothing_of_the_sender(
    value: object, places: list[tuple[str, str]]
) -> None:
    assert places_of(value) == places
    for language in ("et", "ru", "en"):
        told = json.dumps(
            [[e.pointer, e.code, e.reason] for e in errors_of(value, language)], ensure_ascii=False
        )
        assert CANARY not in told
        assert "60001" not in told


def test_reasons_tell_the_limit_and_the_allowed_in_the_callers_language() -> None:
    assert (
        errors_of({"persons": [{"role": "x"}]}, "et")[0].reason
        == "väärtus ei ole loetelus: 'victim' or 'child'"
    )
    assert errors_of({"persons": [{"role": "child", "name": "a" * 21}]}, "ru")[0].reason == (
        "текст слишком длинный (20)"
    )
    assert errors_of({"persons": [], "a/b~c": 6})[0].reason == "the number is too large (5)"


def test_at_most_fifty_errors_are_told() -> None:
    class Many(Strict):
        items: list[Whole]

    with pytest.raises(Malformed) as caught:
        read(Many, {"items": ["x"] * 1000})
    assert [error.pointer for error in caught.value.errors] == [f"/items/{n}" for n in range(50)]


def test_places_outside_the_body_are_named_by_kind() -> None:
    found = field_errors(
        [
            {"type": "missing", "loc": ("query", "limit", CANARY)},
            {"type": "uuid_parsing", "loc": ("path", "case_id"), "ctx": {"error": f"found `{CANARY}`"}},
            {"type": "string_pattern_mismatch", "loc": ("header", "X-Purpose"), "ctx": {"pattern": "^a$"}},
        ],
        frozenset(),
        "en",
    )
    assert [(error.pointer, error.code) for error in found] == [
        ("query:limit", "required"),
        ("path:case_id", "wrong-form"),
        ("header:X-Purpose", "wrong-form"),
    ]
    assert CANARY not in repr(found)


def test_an_error_of_a_kind_that_we_do_not_know_is_still_told() -> None:
    (found,) = field_errors([{"type": "from_the_future", "loc": ("body", "a")}], frozenset({"a"}), "en")
    assert found == FieldError("/a", "wrong-value", "the value does not fit")


def test_declared_names_are_those_of_all_depths() -> None:
    assert declared_names(Referral) >= {"persons", "role", "birthDate", "caseId", "a/b~c"}
    assert CANARY not in declared_names(Referral)
    assert "injury" not in declared_names(Referral)
    assert declared_names(list[Person]) == {"role", "personalCode", "birthDate", "name"}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.just(CANARY)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["persons", "answers", "free", "at", "role", "name", "birthDate", CANARY]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(json_values)
def test_whatever_is_sent_nothing_of_it_comes_back(value: Any) -> None:
    try:
        read(Referral, value)
        told = Malformed(errors=[FieldError("", "required", "nothing was wrong")])
    except Malformed as problem:
        told = problem
    assert CANARY not in json.dumps(told.body("x", "en"))
    assert 1 <= len(told.errors) <= 50


def test_the_cause_is_not_kept_where_a_log_could_print_it() -> None:
    with pytest.raises(Malformed) as caught:
        read(Referral, {"persons": CANARY})
    assert not isinstance(caught.value.__cause__, ValidationError)
    assert caught.value.__context__ is None
