import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic_core import core_schema

from services.kit.validation_texts import TEXTS, TYPES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "problems.md"
#: Told as wrong-value: they tell about our code or hold a message that may repeat the input.
GENERAL = {
    "arguments_type",
    "assertion_error",
    "bytes_invalid_encoding",
    "callable_type",
    "complex_str_parsing",
    "complex_type",
    "counter_type",
    "dataclass_exact_type",
    "default_factory_not_called",
    "deque_type",
    "ellipsis_error",
    "fraction_parsing",
    "fraction_type",
    "frozen_dict_type",
    "frozen_field",
    "frozen_instance",
    "get_attribute_error",
    "is_subclass_of",
    "iteration_error",
    "json_invalid",
    "json_type",
    "missing_sentinel_error",
    "multiple_argument_values",
    "named_tuple_type",
    "needs_python_object",
    "no_such_attribute",
    "ordered_dict_type",
    "recursion_depth_exceeded",
    "recursion_loop",
    "set_item_not_hashable",
    "time_delta_parsing",
    "time_delta_type",
    "unexpected_positional_argument",
    "value_error",
}
KNOWN = set(get_args(core_schema.ErrorType))


def test_every_error_of_the_validator_has_our_code_or_is_listed_as_general() -> None:
    assert KNOWN - set(TYPES) - GENERAL == set()


def test_the_table_names_only_errors_that_exist() -> None:
    assert set(TYPES) - KNOWN == set()
    assert set() == GENERAL - KNOWN


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_every_code_is_told_in_three_languages_and_documented(code: str) -> None:
    assert set(TEXTS[code]) == {"et", "ru", "en"}
    assert re.search("[а-я]", TEXTS[code]["ru"])
    assert f"`{code}`" in PAGE.read_text()


def test_every_type_leads_to_a_text() -> None:
    assert set(TYPES.values()) <= set(TEXTS)
