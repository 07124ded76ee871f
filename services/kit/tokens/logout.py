"""OpenID Connect Back-Channel Logout 1.0: the issuer says that a session of its own has ended."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from services.kit import log
from services.kit.clock import Clock
from services.kit.policy import is_value, subject_kind
from services.kit.tokens.oidc import ALGORITHMS, OidcKeys
from services.kit.tokens.reading import Refused, Unverified

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
LIFE: Final = 120  # seconds: the longest that the specification advises
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Logout:
    """Which session of the issuer has ended, or all of a subject; ``digest`` names the token."""

    subject: str | None = field(repr=False)
    session: str | None = field(repr=False)
    issued_at: datetime
    digest: bytes = field(repr=False)


class OidcLogoutVerifier:
    """Verifies logout tokens of an issuer; that none is taken twice is up to who keeps ``Logout.digest``."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        keys: OidcKeys,
        clock: Clock,
        algorithms: Sequence[str] = ALGORITHMS,
    ) -> None:
        self._issuer, self._client_id = issuer, client_id
        self._keys, self._clock = keys, clock
        self._algorithms = frozenset(algorithms)

    async def verify(self, logout_token: str) -> Logout | None:
        """Whose session ended; None whatever is wrong, UpstreamUnavailable without keys."""
        try:
            return await self._check(Unverified.parse(logout_token))
        except Refused as refused:
            _log.info("logout-token-refused", code=refused.code)
            return None

    async def _check(self, token: Unverified) -> Logout:
        if token.text_claim("iss") != self._issuer:
            raise Refused("iss")
        token.require_type(None, "jwt", "logout+jwt")
        await token.require_signature(self._keys, self._algorithms)
        issued = self._issued(token)
        token.require_audience(self._client_id)
        events = token.claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
            raise Refused("events")
        if "nonce" in token.claims:  # an ID token, that is
            raise Refused("nonce")
        subject, session = (
            token.text_claim(name) if name in token.claims else None for name in ("sub", "sid")
        )
        if subject is None and session is None:
            raise Refused("sub")
        if subject is not None and (not is_value(subject) or subject_kind(subject) != "member"):
            raise Refused("sub")
        name = f"{self._issuer}\n{token.text_claim('jti')}"
        return Logout(subject, session, issued, hashlib.sha256(name.encode()).digest())

    def _issued(self, token: Unverified) -> datetime:
        """Issued within the last two minutes; an issuer after an older draft says no ``exp``."""
        now = self._clock.now().timestamp()
        if "exp" in token.claims:
            token.require_times(now, 24 * 3600)
        issued = token.claims.get("iat")
        if (
            not isinstance(issued, int)
            or isinstance(issued, bool)
            or not now - LIFE <= issued <= now + LIFE / 2
        ):
            raise Refused("iat")
        return datetime.fromtimestamp(issued, UTC)
