"""Detached signatures of documents."""

from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from services.kit import detached, keys
from services.kit.detached import SignatureWrong, Signer

TYPE = "test+json"
DOCUMENT = detached.canonical({"b": 1, "a": ["õ", None]})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("keys")
    keys.ensure(found)
    return found


def _public(folder: Path) -> keys.KeySet:
    return keys.load_jwks(folder, keys.PACKAGES_JWKS)


def test_whoever_has_the_public_keys_sees_who_signed(folder: Path) -> None:
    signature = Signer(keys.load_signing(folder, keys.PACKAGES), TYPE).sign(DOCUMENT)
    assert signature.split(".")[1] == ""
    assert detached.verify(DOCUMENT, signature + "\n", _public(folder), TYPE) == keys.PACKAGES


def test_one_changed_byte_a_foreign_key_or_another_type_is_seen(folder: Path) -> None:
    own = Signer(keys.load_signing(folder, keys.PACKAGES), TYPE).sign(DOCUMENT)
    foreign_key = OKPKey.generate_key("Ed25519", {"kid": keys.PACKAGES})
    foreign = Signer(foreign_key, TYPE).sign(DOCUMENT)
    of_services = Signer(keys.load_signing(folder, "cases"), TYPE).sign(DOCUMENT)
    header, _, sign = own.split(".")
    for document, signature, media_type in (
        (DOCUMENT + b" ", own, TYPE),
        (DOCUMENT, foreign, TYPE),
        (DOCUMENT, of_services, TYPE),
        (DOCUMENT, own, "other+json"),
        (DOCUMENT, f"{header}.e30.{sign}", TYPE),
        (DOCUMENT, "", TYPE),
        (DOCUMENT, "a..b", TYPE),
        (DOCUMENT, "ä..b", TYPE),
    ):
        with pytest.raises(SignatureWrong):
            detached.verify(document, signature, _public(folder), media_type)
