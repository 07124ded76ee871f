from datetime import UTC, date, datetime

import pytest
from pydantic import BaseModel, ValidationError

from services.kit.fields import Day, FreeText, Instant, Name, Whole


class Thing(BaseModel):
    day: Day | None = None
    at: Instant | None = None
    name: Name | None = None
    text: FreeText | None = None
    number: Whole | None = None


def fails(**field: object) -> str:
    with pytest.raises(ValidationError) as caught:
        Thing.model_validate(field)
    (error,) = caught.value.errors(include_url=False)
    return str(error["type"])


def test_a_day_is_read_and_printed() -> None:
    thing = Thing.model_validate({"day": "2017-03-02"})
    assert thing.day == date(2017, 3, 2)
    assert thing.model_dump(mode="json", exclude_none=True) == {"day": "2017-03-02"}


@pytest.mark.parametrize(
    "value",
    [0, 1488412800, 1.5, True, "2017-03-02T00:00:00Z", "20170302", "2017-02-30", "0001-01-01", [], {}],
)
def test_what_is_no_day_is_refused(value: object) -> None:
    assert fails(day=value) == "date_parsing"


def test_an_instant_with_a_time_is_no_day_even_as_an_object() -> None:
    assert fails(day=datetime(2017, 3, 2, tzinfo=UTC)) == "date_parsing"


def test_an_instant_is_read_into_utc_and_printed_with_z() -> None:
    thing = Thing.model_validate({"at": "2017-03-02T14:05:00+02:00"})
    assert thing.at == datetime(2017, 3, 2, 12, 5, tzinfo=UTC)
    assert thing.model_dump(mode="json", exclude_none=True) == {"at": "2017-03-02T12:05:00Z"}


@pytest.mark.parametrize(
    "value",
    [0, 1488412800, "1488412800", 1.5, "2017-03-02", "2017-03-02T14:05:00", "9999-12-31T23:59:59-12:00", []],
)
def test_what_is_no_instant_is_refused(value: object) -> None:
    assert fails(at=value) == "datetime_parsing"


def test_a_naive_object_is_no_instant() -> None:
    assert fails(at=datetime(2017, 3, 2)) == "datetime_parsing"  # noqa: DTZ001 - the subject


def test_a_name_is_trimmed_and_bounded() -> None:
    assert Thing.model_validate({"name": "  Mari  "}).name == "Mari"
    assert Thing.model_validate({"name": "õ" * 100}).name == "õ" * 100
    assert fails(name="õ" * 101) == "string_too_long"
    assert fails(name="   ") == "string_too_short"
    assert fails(name=5) == "string_type"


def test_a_free_text_is_kept_as_it_is_and_bounded() -> None:
    assert Thing.model_validate({"text": "  a\n"}).text == "  a\n"
    assert Thing.model_validate({"text": ""}).text == ""
    assert fails(text="a" * 4001) == "string_too_long"
    assert fails(text=["a"]) == "string_type"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("1", "int_type"),
        (1.0, "int_type"),
        (True, "int_type"),
        (2**31, "less_than_equal"),
        (-(2**31) - 1, "greater_than_equal"),
    ],
)
def test_a_whole_number_is_nothing_else(value: object, kind: str) -> None:
    assert fails(number=value) == kind


def test_the_schema_says_what_is_read() -> None:
    properties = Thing.model_json_schema()["properties"]
    assert properties["day"]["anyOf"][0]["format"] == "date"
    assert properties["at"]["anyOf"][0]["format"] == "date-time"
    assert properties["number"]["anyOf"][0]["maximum"] == 2**31 - 1
