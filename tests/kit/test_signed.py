"""Statements that are signed."""

import pytest
from joserfc.jwk import KeySet, OKPKey

from services.kit.signed import NotSignedError, sign, verify

KEY = OKPKey.generate_key("Ed25519", {"kid": "cases"})
OTHER = OKPKey.generate_key("Ed25519", {"kid": "cases"})
FACTS = {"kind": "case", "counts": {"keys": 2}, "source": "SHS § 145¹"}


def test_who_has_the_public_key_reads_what_was_signed() -> None:
    public = KeySet.import_key_set({"keys": [KEY.as_dict(private=False)]})
    assert verify(sign(FACTS, KEY, "note+jws"), public, "note+jws") == FACTS


@pytest.mark.parametrize(
    "statement",
    [
        sign(FACTS, OTHER, "note+jws"),
        sign(FACTS, KEY, "at+jwt"),
        sign(FACTS, KEY, "note+jws")[:-8] + "AAAAAAAA",
        "a.b.c",
        "",
        "eyJhbGciOiJub25lIiwidHlwIjoibm90ZStqd3MifQ.e30.",
    ],
    ids=["another-key", "another-type", "changed", "no-statement", "nothing", "unsigned"],
)
def test_nothing_else_is_taken(statement: str) -> None:
    with pytest.raises(NotSignedError):
        verify(statement, KeySet([KEY]), "note+jws")
