import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from services.kit import checkpoint, merkle
from services.kit.checkpoint import Checkpoint, InvalidCheckpointError, VerifierKey

# The example of golang.org/x/mod/sumdb/note, from which the C2SP signed note comes: key, text and signature.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETERS_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
PETERS_NOTE = (
    f"{PETERS_TEXT}\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()
# The example of C2SP tlog-checkpoint; its key is not published, so its text alone can be read.
BEHIND_THE_SOFA = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = "turvavork/exchange/audit/0123456789ab"
KEY = VerifierKey.of(ORIGIN, PRIVATE)
HEAD = Checkpoint(ORIGIN, 1024, hashlib.sha256(b"root").digest())
NOTE = checkpoint.sign(HEAD, PRIVATE)


def test_the_published_note_is_made_and_read() -> None:
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(PETERS_SECRET)[1:])
    assert checkpoint.sign_note(PETERS_TEXT, "PeterNeumann", private) == PETERS_NOTE
    assert checkpoint.open_note(PETERS_NOTE, VerifierKey.parse(PETER)) == PETERS_TEXT
    assert str(VerifierKey.of("PeterNeumann", private)) == PETER


def test_the_published_checkpoint_is_read() -> None:
    head = Checkpoint.parse(BEHIND_THE_SOFA)
    assert (head.origin, head.size, head.root[:2]) == ("example.com/behind-the-sofa", 20852163, b"\x0a\xc5")
    assert head.text() == BEHIND_THE_SOFA


def test_a_signed_checkpoint_is_what_the_standard_says_byte_for_byte() -> None:
    root = base64.b64encode(HEAD.root)
    text = ORIGIN.encode() + b"\n1024\n" + root + b"\n"
    public = PRIVATE.public_key().public_bytes_raw()
    key_id = hashlib.sha256(ORIGIN.encode() + b"\x0a\x01" + public).digest()[:4]
    signature = base64.b64encode(key_id + PRIVATE.sign(text))
    assert text + b"\n\xe2\x80\x94 " + ORIGIN.encode() + b" " + signature + b"\n" == NOTE
    Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(signature)[4:], text)


@given(st.integers(1, 2**63), st.binary(min_size=32, max_size=32))
def test_what_is_signed_is_read_again(size: int, root: bytes) -> None:
    head = Checkpoint(ORIGIN, size, root)
    assert checkpoint.verify(checkpoint.sign(head, PRIVATE), KEY) == head


def refused(note: bytes, key: VerifierKey = KEY) -> str:
    with pytest.raises(InvalidCheckpointError) as caught:
        checkpoint.verify(note, key)
    return str(caught.value)


def test_every_changed_bit_is_refused() -> None:
    assert checkpoint.verify(NOTE, KEY) == HEAD
    for at in range(len(NOTE)):
        for bit in range(8):
            refused(NOTE[:at] + bytes([NOTE[at] ^ 1 << bit]) + NOTE[at + 1 :])


def test_every_missing_and_every_doubled_byte_is_refused() -> None:
    for at in range(len(NOTE)):
        refused(NOTE[:at] + NOTE[at + 1 :])
        refused(NOTE[:at])
        refused(NOTE[: at + 1] + NOTE[at:])


def test_another_key_of_the_same_name_is_not_known() -> None:
    other = VerifierKey.of(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"x" * 32))
    assert "not signed by a key that is known" in refused(NOTE, other)


def test_the_name_of_the_key_is_the_origin() -> None:
    note = checkpoint.sign_note(HEAD.text(), "turvavork/cases/audit/0123456789ab", PRIVATE)
    assert "another log" in refused(note, VerifierKey.of("turvavork/cases/audit/0123456789ab", PRIVATE))


def line_of(note: bytes) -> bytes:
    return note[note.rindex(b"\n\n") + 2 :]


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    others = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in range(1, 17)]
    lines = [
        line_of(checkpoint.sign_note(HEAD.text(), f"witness.example/{at}", key))
        for at, key in enumerate(others)
    ]
    note = NOTE[: -len(line_of(NOTE))] + b"".join([*lines[:8], line_of(NOTE), *lines[8:]])
    assert checkpoint.verify(note, KEY) == HEAD
    witness = VerifierKey.of("witness.example/9", others[9])
    assert checkpoint.open_note(note, witness, KEY) == HEAD.text()


def test_one_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    wrong = KEY.key_id + PRIVATE.sign(b"something else")
    line = f"— {ORIGIN} {base64.b64encode(wrong).decode()}\n".encode()
    assert "is wrong" in refused(NOTE + line)
    assert "is wrong" in refused(NOTE.replace(line_of(NOTE), line))


def test_a_signature_without_its_signature_is_refused() -> None:
    line = f"— {ORIGIN} {base64.b64encode(KEY.key_id).decode()}\n".encode()
    assert "follows the four bytes" in refused(NOTE + line)


ROOT = base64.b64encode(HEAD.root).decode()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a line each"),
        (f"{ORIGIN}\n1\n", "a line each"),
        (f"{ORIGIN}\n1\n{ROOT}", "a line each"),
        (f"\n1\n{ROOT}\n", "not empty"),
        (f"{ORIGIN}\n1\n{ROOT}\n\n", "not empty"),
        (f"{ORIGIN}\n01\n{ROOT}\n", "leading zeroes"),
        (f"{ORIGIN}\n-1\n{ROOT}\n", "leading zeroes"),
        (f"{ORIGIN}\n+1\n{ROOT}\n", "leading zeroes"),
        (f"{ORIGIN}\n1 \n{ROOT}\n", "leading zeroes"),
        (f"{ORIGIN}\n\u0661\n{ROOT}\n", "leading zeroes"),
        (f"{ORIGIN}\n{'9' * 5000}\n{ROOT}\n", "leading zeroes"),
        (f"{ORIGIN}\n9223372036854775809\n{ROOT}\n", "2^63"),
        (f"{ORIGIN}\n0\n{ROOT}\n", "empty tree"),
        (f"{ORIGIN}\n1\n{ROOT[:-4]}\n", "32 bytes"),
        (f"{ORIGIN}\n1\n{ROOT[:-1]}\n", "not base64"),
        (f"{ORIGIN}\n1\n{ROOT[:-2]}{chr(ord(ROOT[-2]) + 1)}=\n", "one base64"),
        (f"{ORIGIN}\n1\n {ROOT}\n", "not base64"),
        (f"{ORIGIN}\n1\nöö{ROOT}\n", "not base64"),
        (f"{ORIGIN}\r\n1\n{ROOT}\n", "control character"),
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidCheckpointError) as caught:
        Checkpoint.parse(text)
    assert says in str(caught.value)


def test_extension_lines_are_read_and_signed() -> None:
    head = Checkpoint(ORIGIN, 7, HEAD.root, ("one", "two"))
    note = checkpoint.sign(head, PRIVATE)
    assert checkpoint.verify(note, KEY) == head
    refused(note.replace(b"two", b"six"))


def test_the_empty_tree_has_a_checkpoint() -> None:
    head = Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT)
    assert checkpoint.verify(checkpoint.sign(head, PRIVATE), KEY).size == 0


@pytest.mark.parametrize(
    ("note", "says"),
    [
        (b"\xff" + NOTE, "UTF-8"),
        (NOTE + b"x" * checkpoint.MOST_BYTES, "too long"),
        (HEAD.text().encode(), "an empty line and"),
        (NOTE.removesuffix(b"\n"), "an empty line and"),
        (NOTE + b"\n", "an empty line and"),
        (NOTE.replace(b"\n", b"\r\n"), "an empty line and"),
        (NOTE.replace("—".encode(), b"-"), "em dash"),
        (NOTE.replace(ORIGIN.encode() + b" ", b"a+b "), "em dash"),
        (NOTE.replace(ORIGIN.encode() + b" ", "a\u2003b ".encode()), "em dash"),
        (b"\t" + NOTE, "control"),
        (b"\n" + line_of(NOTE), "an empty line and"),
    ],
)
def test_what_is_no_note_is_refused(note: bytes, says: str) -> None:
    assert says in refused(note)


@pytest.mark.parametrize("at", range(len(PETER)))
def test_a_changed_verifier_key_is_refused(at: int) -> None:
    for changed in (PETER[:at] + PETER[at + 1 :], PETER[:at] + chr(ord(PETER[at]) + 1) + PETER[at + 1 :]):
        with pytest.raises(InvalidCheckpointError):
            VerifierKey.parse(changed)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\nb", "a\x00b"])
def test_a_name_that_a_signature_line_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(InvalidCheckpointError, match="name"):
        VerifierKey(name, b"x" * 32)


def test_a_text_that_is_no_note_is_not_signed() -> None:
    for text in ("", "without newline", "control\x07\n"):
        with pytest.raises(InvalidCheckpointError, match="newline"):
            checkpoint.sign_note(text, ORIGIN, PRIVATE)
