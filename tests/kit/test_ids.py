import hashlib
import itertools
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit import ids

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

references = st.builds(lambda _: ids.new_reference(), st.integers())


def test_an_internal_id_is_a_random_uuid() -> None:
    assert ids.new_id().version == 4
    assert ids.new_id() != ids.new_id()


def test_references_have_the_printed_form_and_differ() -> None:
    made = {ids.new_reference() for _ in range(500)}
    assert len(made) == 500
    assert all(re.fullmatch(ids.REFERENCE_PATTERN, reference) for reference in made)


def test_all_characters_are_drawn_alike() -> None:
    drawn = Counter("".join(ids.new_reference()[3:22].replace("-", "") for _ in range(2000)))
    assert set(drawn) == set(ALPHABET)
    assert max(drawn.values()) < 2 * min(drawn.values())


def test_a_derived_reference_follows_from_its_secret() -> None:
    derived = [ids.derived_reference(bytes([n])) for n in range(100)]
    assert derived == [ids.derived_reference(bytes([n])) for n in range(100)]
    assert len(set(derived)) == 100
    assert [ids.parse_reference(reference) for reference in derived] == derived


def test_a_derived_reference_is_the_same_for_ever() -> None:
    """A retry after an update must find what was made before it."""
    assert ids.derived_reference(b"secret") == "TV-99RN-11PN-BK26-PW4D-F"


def _body(attempt: int, secret: bytes) -> str:
    digest = hashlib.sha256(attempt.to_bytes(4, "big") + secret).digest()
    return "".join(ALPHABET[byte % 32] for byte in digest[:16])


def _check(body: str) -> int:
    return sum(ALPHABET.index(character) * 32**place for place, character in enumerate(reversed(body))) % 37


@given(st.binary(max_size=40))
def test_a_number_without_a_check_character_is_passed_over(secret: bytes) -> None:
    bodies = (_body(attempt, secret) for attempt in itertools.count())
    issued = next(body for body in bodies if _check(body) < 32)
    plain = ids.derived_reference(secret).removeprefix("TV-").replace("-", "")
    assert plain == issued + ALPHABET[_check(issued)]


@pytest.mark.parametrize(
    "reference",
    [
        "TV-0000-0000-0000-0001-1",  # 1 modulo 37
        "TV-0000-0000-0000-0020-V",  # 64 modulo 37 is 27, the twenty-eighth character
        "TV-0000-0000-0000-0015-0",  # 37
    ],
)
def test_the_check_character_is_the_number_modulo_37(reference: str) -> None:
    assert ids.parse_reference(reference) == reference


@given(references)
def test_what_is_issued_can_be_read(reference: str) -> None:
    assert ids.parse_reference(reference) == reference


@given(references)
def test_a_person_may_type_it_carelessly(reference: str) -> None:
    careless = reference.removeprefix("TV-").replace("-", " ").lower().replace("0", "o").replace("1", "l")
    assert ids.parse_reference(careless) == reference


@given(references, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_any_single_wrong_character_is_noticed(reference: str, place: int, wrong: str) -> None:
    plain = reference.removeprefix("TV-").replace("-", "")
    changed = plain[:place] + wrong + plain[place + 1 :]
    if changed != plain:
        with pytest.raises(ValueError, match="check character"):
            ids.parse_reference(changed)


@given(references, st.integers(0, 14))
def test_any_swap_of_neighbours_is_noticed(reference: str, place: int) -> None:
    plain = reference.removeprefix("TV-").replace("-", "")
    swapped = plain[:place] + plain[place + 1] + plain[place] + plain[place + 2 :]
    if swapped != plain:
        with pytest.raises(ValueError, match="check character"):
            ids.parse_reference(swapped)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "TV",
        "TV-0000-0000-0000-0001",
        "TV-0000-0000-0000-0001-11",
        "TV-0000-0000-0000-000U-1",
        "TV-0000-0000-0000-0001-*",
        "XX-0000-0000-0000-0001-1",
        "TV-0000-0000-0000-0001-1" + "-" * 40,
        "TV-0000-0000-0000-000\u0661-1",  # an Arabic digit one
        "ſTV-0000-0000-0000-0001-1",
        "TV-0000-0000-0000-0001-1\0",
    ],
)
def test_what_is_no_reference_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="reference") as caught:
        ids.parse_reference(text)
    assert "0000" not in str(caught.value)
