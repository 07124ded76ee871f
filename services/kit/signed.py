"""Signed statements: JWS in compact form (RFC 7515) with Ed25519, each kind under a ``typ`` of its own.

A token of one kind is never taken for another: the type is signed, and whoever verifies names it.
"""

from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey
from joserfc.jws import JWSRegistry

from services.kit import strictjson
from services.kit.problem import Malformed

_ALGORITHM: Final = "Ed25519"


class NotSignedError(ValueError):
    """A statement is not what one of these keys signed, or of another type; the message says which."""


def sign(facts: dict[str, Any], key: OKPKey, typ: str) -> str:
    """The facts (JSON) as a signed statement of a type."""
    header = {"alg": _ALGORITHM, "kid": key.kid, "typ": typ}
    return jws.serialize_compact(
        header, strictjson.dumps_canonical(facts), key, registry=JWSRegistry(algorithms=[_ALGORITHM])
    )


def verify(statement: str, keys: KeySet, typ: str) -> dict[str, Any]:
    """The facts of a statement of this type that one of these keys signed; NotSignedError."""
    try:
        found = jws.deserialize_compact(statement, keys, registry=JWSRegistry(algorithms=[_ALGORITHM]))
        facts = strictjson.loads(found.payload or b"")
    except (JoseError, ValueError, Malformed) as error:
        raise NotSignedError("no statement that one of these keys signed") from error
    if found.headers().get("typ") != typ or not isinstance(facts, dict):
        raise NotSignedError("a statement of another type")
    return facts
