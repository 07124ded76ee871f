import hashlib
import hmac
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import assume, given
from hypothesis import strategies as st

from services.kit import keys, sealed
from services.kit.sealed import Aad, BlindIndex, DataKey, KeyRing, Pseudonyms, SealBroken, seal, unseal

NOW = datetime(2017, 7, 1, tzinfo=UTC)
RING = KeyRing("kek-1", {"kek-1": bytes(32), "kek-2": bytes([7]) * 32})
KEY = RING.new_data_key(NOW)
PLACE = Aad("participation", "family_name", UUID(int=5), 1)
places = st.builds(
    Aad, st.text(max_size=6), st.text(max_size=6), st.text(max_size=6), st.integers(0, 2**63 - 1)
)


@given(st.binary(max_size=300), places)
def test_what_is_sealed_opens_in_its_place(plaintext: bytes, place: Aad) -> None:
    assert unseal(KEY, seal(KEY, plaintext, place), place) == plaintext


@given(places, places)
def test_nothing_opens_in_another_place(one: Aad, other: Aad) -> None:
    assume(one != other)
    with pytest.raises(SealBroken):
        unseal(KEY, seal(KEY, b"secret", one), other)


@given(st.lists(st.text(max_size=4), min_size=3, max_size=3), st.integers(0, 4))
def test_shifting_letters_between_fields_makes_another_place(parts: list[str], shift: int) -> None:
    joined = "".join(parts)
    other = [joined[:shift], joined[shift:], ""]
    assume(other != parts)
    assert Aad(*parts, 1).encode() != Aad(*other, 1).encode()


@given(st.data())
def test_any_flipped_bit_breaks_the_seal(data: Any) -> None:
    value = bytearray(seal(KEY, b"secret", PLACE))
    value[data.draw(st.integers(0, len(value) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SealBroken):
        unseal(KEY, bytes(value), PLACE)


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_cleanly(junk: bytes) -> None:
    with pytest.raises(SealBroken):
        unseal(KEY, junk, PLACE)
    with pytest.raises(SealBroken):
        unseal(KEY, b"\x01" + KEY.id.bytes + junk, PLACE)
    with pytest.raises(SealBroken):
        RING.unwrap(KEY.id, junk)
    with pytest.raises(SealBroken):
        RING.unwrap(KEY.id, b"\x01\x05kek-1" + junk)


def test_two_rows_cannot_swap_their_values() -> None:
    here, there = PLACE, Aad("participation", "family_name", UUID(int=6), 1)
    mine, theirs = seal(KEY, b"mine", here), seal(KEY, b"theirs", there)
    for value, place in ((mine, there), (theirs, here), (mine, Aad("participation", "address", here.row, 1))):
        with pytest.raises(SealBroken, match="moved"):
            unseal(KEY, value, place)
    with pytest.raises(SealBroken):
        unseal(KEY, mine, Aad("participation", "family_name", here.row, 2))


def test_another_data_key_opens_nothing() -> None:
    other = RING.new_data_key(NOW)
    value = seal(KEY, b"secret", PLACE)
    with pytest.raises(SealBroken, match="key of its row"):
        unseal(other, value, PLACE)
    with pytest.raises(SealBroken):
        unseal(DataKey(KEY.id, KEY.wrapped, other.plain), value, PLACE)
    assert sealed.sealed_under(value) == KEY.id


def test_the_same_value_sealed_twice_looks_different() -> None:
    assert seal(KEY, b"same", PLACE) != seal(KEY, b"same", PLACE)


def test_a_wrapped_key_belongs_to_its_id() -> None:
    other = RING.new_data_key(NOW)
    assert RING.unwrap(KEY.id, KEY.wrapped).plain == KEY.plain
    with pytest.raises(SealBroken):
        RING.unwrap(other.id, KEY.wrapped)


def test_rotation_rewraps_and_what_was_sealed_still_opens(tmp_path: Path) -> None:
    keys.ensure(tmp_path)
    before = KeyRing.from_file(tmp_path / "cases.kek.json")
    key = before.new_data_key(NOW)
    value = seal(key, b"secret", PLACE)
    keys.rotate_kek(tmp_path, "cases")
    after = KeyRing.from_file(tmp_path / "cases.kek.json")
    again = after.rewrap(key.id, key.wrapped)
    assert (after.is_active(key.wrapped), after.is_active(again)) == (False, True)
    assert after.rewrap(key.id, again) == again
    assert unseal(after.unwrap(key.id, again), value, PLACE) == b"secret"
    assert unseal(after.unwrap(key.id, key.wrapped), value, PLACE) == b"secret"
    with pytest.raises(SealBroken, match="not here"):
        before.unwrap(key.id, again)


def test_a_moved_key_encryption_id_is_noticed() -> None:
    same = KeyRing("kek-1", {"kek-1": bytes(32), "kek-2": bytes(32)})
    key = same.new_data_key(NOW)
    with pytest.raises(SealBroken):
        same.unwrap(key.id, key.wrapped.replace(b"kek-1", b"kek-2", 1))


def test_neither_repr_nor_error_shows_a_key_or_value() -> None:
    shown = repr(KEY) + repr(RING)
    assert KEY.plain.hex() not in shown
    assert repr(KEY.plain) not in shown
    with pytest.raises(SealBroken) as error:
        unseal(KEY, seal(KEY, b"Mari Maasikas", PLACE), Aad("a", "b", "Mari Maasikas", 1))
    assert "Mari" not in str(error.value)
    assert error.value.__cause__ is None


def test_blind_indexes_are_stable_and_their_kinds_never_meet() -> None:
    index = BlindIndex(bytes(32))
    assert index.of("code", "48012310016") == index.of("code", "48012310016")
    assert index.of("code", "48012310016") != index.of("name", "48012310016")
    assert index.of("ab", "c") != index.of("a", "bc")
    assert index.of("code", "1") != BlindIndex(bytes([1]) * 32).of("code", "1")
    assert len(index.of("code", "1")) == 32


def test_pseudonyms_are_stable_for_a_key_and_random_after_erasure() -> None:
    person = uuid4()
    pseudonym = Pseudonyms(bytes(32)).of(person)
    assert pseudonym == Pseudonyms(bytes(32)).of(person)
    assert pseudonym != Pseudonyms(bytes([1]) * 32).of(person)
    assert len(pseudonym) == len(Pseudonyms.unlinked()) == 32
    assert set(pseudonym) <= set("abcdefghijklmnopqrstuvwxyz234567")
    assert Pseudonyms.unlinked() != Pseudonyms.unlinked()


# Test cases 13 to 16 of McGrew and Viega, "The Galois/Counter Mode of Operation" (submission to NIST).
_KEY16 = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
_PLAIN = (
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
)
_CIPHER = (
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
)
GCM = [
    ("00" * 32, "00" * 12, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    (
        "00" * 32,
        "00" * 12,
        "00" * 16,
        "",
        "cea7403d4d606b6e074ec5d3baf39d18",
        "d0d1c8a799996bf0265b98b5d48ab919",
    ),
    (_KEY16, "cafebabefacedbaddecaf888", _PLAIN, "", _CIPHER, "b094dac5d93471bdec1a502270e3cc6c"),
    (
        _KEY16,
        "cafebabefacedbaddecaf888",
        _PLAIN[:120],
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        _CIPHER[:120],
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ),
]


@pytest.mark.parametrize("vector", GCM)
def test_public_vectors_of_aes_gcm(vector: tuple[str, ...]) -> None:
    key, nonce, plain, aad, cipher, tag = (bytes.fromhex(part) for part in vector)
    assert AESGCM(key).encrypt(nonce, plain, aad) == cipher + tag


def test_a_sealed_value_is_plain_aes_gcm_over_the_documented_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    key = DataKey(UUID(int=1), b"", bytes.fromhex(_KEY16))
    monkeypatch.setattr(sealed.os, "urandom", lambda length: nonce[:length])
    header = b"\x01" + UUID(int=1).bytes
    place = b"\0\0\0\x01t" + b"\0\0\0\x01c" + b"\0\0\0\x01r" + b"\0\0\0\0\0\0\0\x02"
    expected = header + nonce + AESGCM(key.plain).encrypt(nonce, b"x", header + place)
    assert seal(key, b"x", Aad("t", "c", "r", 2)) == expected


# RFC 4231, test cases 1, 2, 3 and 6.
HMAC = [
    ("0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (
        b"Jefe".hex(),
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    ("aa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (
        "aa" * 131,
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
]


@pytest.mark.parametrize(("key", "data", "mac"), HMAC)
def test_public_vectors_of_hmac_sha_256(key: str, data: bytes, mac: str) -> None:
    assert hmac.digest(bytes.fromhex(key), data, hashlib.sha256).hex() == mac


def test_a_blind_index_is_plain_hmac_over_the_documented_bytes() -> None:
    expected = hmac.digest(bytes(32), b"\0\0\0\x04code123", hashlib.sha256)
    assert BlindIndex(bytes(32)).of("code", "123") == expected
