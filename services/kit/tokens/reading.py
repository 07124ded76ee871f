"""Reading one token strictly: its bytes, its header, its signature, its times."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

from services.kit import strictjson
from services.kit.problem import Malformed

ACCESS_TYPE: Final = "at+jwt"
SERVICE_TYPE: Final = "service+jwt"
LEEWAY: Final = 60  # seconds by which an issuer's clock may be ahead of ours
MAX_LENGTH: Final = 8192
_HEADER: Final = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
_PART: Final = re.compile(r"[A-Za-z0-9_-]+")


class Refused(Exception):  # noqa: N818 - a verdict, caught at the verifier's door
    """The token is not accepted; the code is for the log alone."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class KeySource(Protocol):
    """Where an issuer's public keys are found."""

    async def find(self, kid: str) -> Key | None:
        """The key of that id, None if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Unverified:
    """A token taken apart: well-formed, not yet believed."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    text: str

    @classmethod
    def parse(cls, token: str) -> "Unverified":
        """Takes the token apart, or Refused."""
        parts = token.split(".")
        if len(token) > MAX_LENGTH or len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
            raise Refused("form")
        header, claims = _object(parts[0]), _object(parts[1])
        _decoded(parts[2])
        if not header.keys() <= _HEADER or not all(isinstance(value, str) for value in header.values()):
            raise Refused("header")
        if "kid" not in header:
            raise Refused("kid")
        return cls(header, claims, token)

    def require_type(self, *allowed: str | None) -> None:
        """Refused unless ``typ`` is one of these (None: absent); ``application/`` may stand before it."""
        typ = self.header.get("typ")
        short = typ.lower().removeprefix("application/") if typ is not None else None
        if short not in allowed:
            raise Refused("typ")

    async def require_signature(self, keys: KeySource, algorithms: frozenset[str]) -> None:
        """Refused unless a key of the issuer made the signature by one of these algorithms."""
        algorithm = self.header.get("alg", "")
        if algorithm not in algorithms:
            raise Refused("alg")
        key = await keys.find(self.header["kid"])
        if key is None:
            raise Refused("kid")
        try:  # the library refuses a key of another type, curve, use or algorithm than the header's
            jws.deserialize_compact(self.text, key, registry=_Registry(algorithms=algorithms))
        except (JoseError, ValueError):
            raise Refused("signature") from None

    def require_times(self, now: float, max_life: int) -> int:
        """Refused unless issued, valid and not expired now; returns ``exp``. Leeway for nbf and iat alone."""
        issued, expires = self._seconds("iat"), self._seconds("exp")
        if "nbf" in self.claims and self._seconds("nbf") > now + LEEWAY:
            raise Refused("nbf")
        if issued > now + LEEWAY:
            raise Refused("iat")
        if expires <= now:
            raise Refused("exp")
        if not 0 < expires - issued <= max_life:
            raise Refused("life")
        return expires

    def require_audience(self, audience: str) -> None:
        """Refused unless the token is for this audience and for no other."""
        if self.claims.get("aud") not in (audience, [audience]):
            raise Refused("aud")

    def text_claim(self, name: str) -> str:
        """A claim that must be a string and not empty."""
        value = self.claims.get(name)
        if not isinstance(value, str) or not value:
            raise Refused(name)
        return value

    def seconds_or_none(self, name: str) -> int | None:
        """A moment that may be left out; Refused when it is none."""
        return self._seconds(name) if name in self.claims else None

    def _seconds(self, name: str) -> int:
        value = self.claims.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise Refused(name)
        return value


class _Registry(JWSRegistry):
    """Like its base, but takes ``EdDSA`` without the warning that the name is deprecated (RFC 9864)."""

    def get_alg(self, name: str) -> Any:  # noqa: ANN401 - the library's model of an algorithm is private
        if self.allowed is None or name not in self.allowed:
            raise Refused("alg")
        return self.algorithms[name]


def _object(part: str) -> dict[str, Any]:
    try:
        value = strictjson.loads(_decoded(part))
    except Malformed:
        raise Refused("json") from None
    if not isinstance(value, dict):
        raise Refused("json")
    return value


def _decoded(part: str) -> bytes:
    if not _PART.fullmatch(part):
        raise Refused("base64")
    try:
        return urlsafe_b64decode(part.encode("ascii"))
    except ValueError:
        raise Refused("base64") from None
