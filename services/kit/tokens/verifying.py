"""Verifying tokens of known issuers; verified ones are remembered until they expire."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, Self
from uuid import UUID

from joserfc.jwk import Key, KeySet

from services.kit import keys, log
from services.kit.clock import Clock
from services.kit.policy import is_value, subject_kind
from services.kit.problem import Unauthenticated
from services.kit.tokens import signing
from services.kit.tokens.reading import ACCESS_TYPE, SERVICE_TYPE, KeySource, Refused, Unverified
from services.kit.tokens.signing import Session

_REMEMBERED: Final = 10_000
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token speaks for; with ``kind`` service a service speaks, for the subject and a purpose."""

    subject: str = field(repr=False)
    kind: Literal["member", "service"]
    service: str | None = None
    purpose: str | None = None
    session: Session | None = field(default=None, repr=False)
    authenticated_at: int | None = None
    """When a person proved who it is, in seconds; None where the token does not say so."""


class StaticKeys:
    """The public keys of a file."""

    def __init__(self, public: KeySet) -> None:
        self._keys = {key.kid: key for key in public.keys}

    async def find(self, kid: str) -> Key | None:
        """The key of that id, None if there is none."""
        return self._keys.get(kid)


@dataclass(frozen=True, slots=True)
class Issuer:
    """What is expected of an issuer's tokens; ``service`` if it is one of ours, else it speaks of people."""

    name: str
    keys: KeySource
    audience: str
    algorithms: frozenset[str] = frozenset({signing.ALGORITHM})
    typ: str = ACCESS_TYPE
    life: int = signing.ACCESS_LIFE
    service: str | None = None
    acr: str | None = None
    in_sessions: bool = False

    @classmethod
    def of_service(cls, service: str, public: KeySource, audience: str) -> Self:
        """A service of ours calls the service ``audience``."""
        name = signing.service_issuer(service)
        return cls(name, public, audience, typ=SERVICE_TYPE, life=signing.SERVICE_LIFE, service=service)

    @classmethod
    def of_people(cls, name: str, public: KeySource, *, in_sessions: bool = False) -> Self:
        """Our own access tokens, or those for development; ``in_sessions``: none but those of a login."""
        return cls(name, public, signing.USERS_AUDIENCE, in_sessions=in_sessions)

    @classmethod
    def oidc(
        cls, name: str, public: KeySource, audience: str, algorithms: Sequence[str] = ("RS256",)
    ) -> Self:
        """An outside issuer of RFC 9068 access tokens, trusted at the assurance level ``high`` alone."""
        return cls(name, public, audience, frozenset(algorithms), acr="high")

    async def check(self, token: Unverified, now: float) -> tuple[Identity, int]:
        """Whom the token speaks for, and until when; Refused if anything is not as expected."""
        token.require_type(self.typ)
        await token.require_signature(self.keys, self.algorithms)
        expires = token.require_times(now, self.life)
        token.require_audience(self.audience)
        subject = token.text_claim("sub")
        if not is_value(subject):
            raise Refused("sub")
        if self.service is not None:
            return self._of_service(token, subject, self.service), expires
        if subject_kind(subject) != "member":
            raise Refused("sub")
        if self.acr is not None and token.claims.get("acr") != self.acr:
            raise Refused("acr")
        session = _session(token) if self.in_sessions else None
        logged_in = token.seconds_or_none("auth_time")
        return Identity(subject, "member", session=session, authenticated_at=logged_in), expires

    def _of_service(self, token: Unverified, subject: str, service: str) -> Identity:
        """A service signs with its own key, acts as itself, and is no other service."""
        own = f"service:{service}"
        if token.header["kid"] != service or token.claims.get("act") != {"sub": own}:
            raise Refused("act")
        if subject_kind(subject) == "service" and subject != own:
            raise Refused("sub")
        return Identity(subject, "service", service, token.text_claim("purpose"))


def _session(token: Unverified) -> Session:
    moment = token.claims.get("auth_time")
    if not isinstance(moment, int) or isinstance(moment, bool) or moment < 0:
        raise Refused("auth_time")
    try:
        return Session(UUID(token.text_claim("sid")), datetime.fromtimestamp(moment, UTC))
    except (ValueError, OverflowError):
        raise Refused("sid") from None


class TokenVerifier:
    """Verifies tokens for one service."""

    def __init__(self, issuers: Sequence[Issuer], clock: Clock) -> None:
        self._issuers = {issuer.name: issuer for issuer in issuers}
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[Identity, int]] = OrderedDict()

    @classmethod
    def from_keys(
        cls,
        audience: str,
        folder: Path,
        clock: Clock,
        *,
        development: bool,
        also: Sequence[Issuer] = (),
    ) -> Self:
        """The verifier of the service ``audience``: our services, our access tokens, and further issuers.

        ``development`` accepts the tokens that ``turvavork token`` makes. Raises keys.KeyFileError.
        """
        services = StaticKeys(keys.load_jwks(folder, keys.SERVICES_JWKS))
        public = keys.load_jwks(folder, keys.ISSUERS_JWKS)
        people = [(signing.ACCESS_ISSUER, "access")]
        if development:
            people.append((signing.DEVELOPMENT_ISSUER, "development"))
        own = [Issuer.of_service(name, services, audience) for name in keys.SERVICES]
        # each issuer has its one key: a development key must not make access tokens
        issued = [
            Issuer.of_people(
                name,
                StaticKeys(KeySet([key for key in public.keys if key.kid == kid])),
                in_sessions=name == signing.ACCESS_ISSUER,
            )
            for name, kid in people
        ]
        return cls([*own, *issued, *also], clock)

    async def verify(self, token: str) -> Identity:
        """Whom the token speaks for; Unauthenticated whatever is wrong with it.

        UpstreamUnavailable when an outside issuer's keys were never seen and cannot be fetched.
        """
        digest, now = hashlib.sha256(token.encode("utf-8", "replace")).digest(), self._clock.now().timestamp()
        known = self._known.get(digest)
        if known is not None and known[1] > now:
            return known[0]
        try:
            identity, expires = await self._check(token, now)
        except Refused as refused:
            _log.info("token-refused", code=refused.code)
            raise Unauthenticated from None
        self._remember(digest, identity, expires)
        return identity

    async def _check(self, token: str, now: float) -> tuple[Identity, int]:
        unverified = Unverified.parse(token)
        issuer = self._issuers.get(unverified.text_claim("iss"))
        if issuer is None:
            raise Refused("iss")
        return await issuer.check(unverified, now)

    def _remember(self, digest: bytes, identity: Identity, expires: int) -> None:
        self._known[digest] = (identity, expires)
        self._known.move_to_end(digest)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
