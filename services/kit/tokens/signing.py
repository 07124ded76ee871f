"""Making tokens: a service's own, and access tokens for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.jwk import OKPKey

from services.kit.clock import Clock, SystemClock
from services.kit.policy import is_value, subject_kind
from services.kit.tokens.reading import ACCESS_TYPE, SERVICE_TYPE

ALGORITHM: Final = "Ed25519"
ACCESS_LIFE: Final = 15 * 60
SERVICE_LIFE: Final = 60
REUSED: Final = 20  # seconds: a token serves so long, so that at least 40 of its 60 are left on arrival
_REMEMBERED: Final = 2_000
USERS_AUDIENCE: Final = "turvavork"
ACCESS_ISSUER: Final = "urn:turvavork:access"
DEVELOPMENT_ISSUER: Final = "urn:turvavork:development"
_SYSTEM_CLOCK: Final = SystemClock()


@dataclass(frozen=True, slots=True)
class Session:
    """A session of a person with us, and when she proved who she is."""

    id: UUID
    authenticated_at: datetime


def service_issuer(service: str) -> str:
    """The ``iss`` of a service's own tokens."""
    return f"urn:turvavork:service:{service}"


class ServiceSigner:
    """Signs the tokens with which a service calls another."""

    def __init__(self, service: str, key: OKPKey, clock: Clock = _SYSTEM_CLOCK) -> None:
        self.service = service
        self._key = key
        self._clock = clock
        self._made: dict[tuple[str, str, str], tuple[str, float]] = {}

    def token(self, audience: str, subject: str, purpose: str) -> str:
        """A token for one service: this service (``act``) acts for the subject; lives 60 s, serves 20 s."""
        asked, moment = (audience, subject, purpose), self._clock.now().timestamp()
        found = self._made.get(asked)
        if found is not None and 0 <= moment - found[1] < REUSED:
            return found[0]
        if len(self._made) >= _REMEMBERED:
            self._made.clear()
        token = self._sign(audience, subject, purpose)
        self._made[asked] = token, moment
        return token

    def _sign(self, audience: str, subject: str, purpose: str) -> str:
        claims = {
            "iss": service_issuer(self.service),
            "sub": subject,
            "aud": audience,
            "act": {"sub": f"service:{self.service}"},
            "purpose": purpose,
        }
        return _signed(self._key, SERVICE_TYPE, claims, SERVICE_LIFE, self._clock)


class AccessTokenIssuer:
    """Makes access tokens: for ``cases`` after a login, and for development."""

    def __init__(
        self, issuer: str, key: OKPKey, clock: Clock = _SYSTEM_CLOCK, lifetime: int = ACCESS_LIFE
    ) -> None:
        if not 0 < lifetime <= ACCESS_LIFE:
            raise ValueError(f"an access token lives 1 to {ACCESS_LIFE} seconds")
        self.lifetime = lifetime
        self._issuer = issuer
        self._key = key
        self._clock = clock

    def issue(
        self,
        subject: str,
        within: "Session | None" = None,
        lifetime: int | None = None,
        *,
        authenticated_at: int | None = None,
    ) -> str:
        """A token for a person, good for every service; ValueError for what cannot be a person's subject.

        Those of a login say within which session, so that they end with it; ``lifetime`` may be shorter.
        ``authenticated_at``, in seconds, is for tokens outside of sessions: what needs a fresh login asks.
        """
        if not is_value(subject) or subject_kind(subject) != "member":
            raise ValueError("the subject does not have the form of a member")
        claims: dict[str, object] = {"iss": self._issuer, "sub": subject, "aud": USERS_AUDIENCE}
        if within is not None:
            claims |= {"sid": str(within.id), "auth_time": int(within.authenticated_at.timestamp())}
        elif authenticated_at is not None:
            claims["auth_time"] = authenticated_at
        life = min(self.lifetime, self.lifetime if lifetime is None else lifetime)
        return _signed(self._key, ACCESS_TYPE, claims, life, self._clock)


def _signed(key: OKPKey, typ: str, claims: Mapping[str, object], life: int, clock: Clock) -> str:
    issued = int(clock.now().timestamp())
    header = {"alg": ALGORITHM, "typ": typ, "kid": key.kid}
    times = {"iat": issued, "exp": issued + life, "jti": str(uuid4())}
    return jwt.encode(header, {**claims, **times}, key, algorithms=[ALGORITHM])
