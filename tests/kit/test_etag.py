import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.etag import etag, expected_version
from services.kit.problem import Malformed, PreconditionRequired


@given(st.integers(1, 999_999_999))
def test_what_was_read_can_be_sent_back(version: int) -> None:
    assert expected_version(etag(version)["ETag"]) == version


def test_a_version_is_a_strong_tag() -> None:
    assert etag(3) == {"ETag": '"3"'}


def test_space_around_the_tag_is_no_part_of_it() -> None:
    assert expected_version(' "3" ') == 3


def test_a_writer_must_say_what_it_saw() -> None:
    with pytest.raises(PreconditionRequired):
        expected_version(None)


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "3",
        '"3',
        '""',
        '"0"',
        '"03"',
        '"-3"',
        '"3.0"',
        '"٣"',
        'W/"3"',  # a weak tag never matches (RFC 9110 § 13.1.1)
        '"3", "4"',
        "*",  # would overwrite whatever is there
        '"1000000000"',
    ],
)
def test_what_is_no_tag_of_ours_is_malformed(sent: str) -> None:
    with pytest.raises(Malformed) as refused:
        expected_version(sent)
    assert refused.value.errors[0].pointer == "header:If-Match"
