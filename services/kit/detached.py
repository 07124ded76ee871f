"""Documents with a detached signature: JWS compact form with an empty middle (RFC 7515, appendix F).

The signature is of the exact bytes of the document, so these are kept and handed on as they are. Whoever has
the public keys checks it: this module, or any JWS library.
"""

from dataclasses import dataclass, field
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from services.kit import strictjson

ALGORITHM: Final = "Ed25519"  # RFC 9864
_MOST: Final = 4096
_PARTS: Final = 3


class SignatureWrong(Exception):  # noqa: N818 - a verdict
    """The signature is not of these bytes, of this type, by one of these keys; never says the bytes."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs documents of one type with a key of the installation."""

    key: OKPKey = field(repr=False)
    media_type: str

    def sign(self, document: bytes) -> str:
        """The detached signature of a document."""
        header = {"alg": ALGORITHM, "kid": str(self.key.kid), "typ": self.media_type}
        whole = jws.serialize_compact(header, document, self.key, algorithms=[ALGORITHM])
        return str(jws.detach_content(whole))


def verify(document: bytes, signature: str, keys: KeySet, media_type: str) -> str:
    """The id of the key that signed the document as one of this type; raises SignatureWrong."""
    text = signature.strip()
    parts = text.split(".")
    if len(text) > _MOST or len(parts) != _PARTS or parts[1]:
        raise SignatureWrong("it is no detached signature")
    try:
        found = jws.deserialize_compact(text, keys, algorithms=[ALGORITHM], payload=document)
    except (JoseError, ValueError, TypeError):
        raise SignatureWrong("it was not made of this document by one of these keys") from None
    header = found.headers()
    if header.get("typ") != media_type:
        raise SignatureWrong("it is of a document of another type")
    return str(header.get("kid"))


def canonical(content: object) -> bytes:
    """A document in the one spelling that is signed: UTF-8, sorted keys, no spaces."""
    return strictjson.dumps_canonical(content)
