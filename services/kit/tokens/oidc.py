"""OpenID Connect: the keys of an outside issuer by discovery, and the ID token of a login."""

import asyncio
import hashlib
import hmac
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key, import_key

from services.kit import log, strictjson
from services.kit.clock import Clock
from services.kit.policy import is_value, subject_kind
from services.kit.problem import Malformed, Unauthenticated, UpstreamUnavailable
from services.kit.tokens.reading import LEEWAY, Refused, Unverified

PAUSE: Final = 30.0  # seconds between two fetches, however many unknown key ids come
FRESH: Final = 3600.0  # seconds after which keys are fetched again though known
MAX_BYTES: Final = 256 * 1024
_TIMEOUT: Final = 5.0
_LOGIN_AGE: Final = 300  # seconds in which an ID token must be brought to us
_ID_LIFE: Final = 24 * 3600
ALGORITHMS: Final = ("RS256", "ES256", "EdDSA", "Ed25519")
_log = log.get_logger(__name__)


class OidcKeys:
    """Public keys of an issuer, found by discovery; kept when a later fetch fails."""

    def __init__(
        self, issuer: str, http: httpx.AsyncClient, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        if not _is_safe(issuer):
            raise ValueError("an issuer has an https address (http on loopback alone)")
        self.issuer = issuer
        self._http = http
        self._monotonic = monotonic
        self._keys: dict[str, Key] | None = None
        self._tried = -float("inf")
        self._fetched = -float("inf")
        self._lock = asyncio.Lock()

    async def find(self, kid: str) -> Key | None:
        """The key of that id; UpstreamUnavailable while the issuer has never answered."""
        if self._keys is None or kid not in self._keys or self._monotonic() > self._fetched + FRESH:
            async with self._lock:
                await self._refresh()
        if self._keys is None:
            raise UpstreamUnavailable
        return self._keys.get(kid)

    async def _refresh(self) -> None:
        if self._monotonic() < self._tried + PAUSE:
            return
        self._tried = self._monotonic()
        try:
            self._keys = await self._fetch()
            self._fetched = self._monotonic()
        except (httpx.HTTPError, Malformed, _DiscoveryError) as error:
            _log.warning("issuer-keys-not-fetched", exception=type(error).__name__)

    async def _fetch(self) -> dict[str, Key]:
        found = await self._get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        address = found.get("jwks_uri")
        if found.get("issuer") != self.issuer or not isinstance(address, str) or not _is_safe(address):
            raise _DiscoveryError
        listed = (await self._get(address)).get("keys")
        if not isinstance(listed, list):
            raise _DiscoveryError
        public = [key for key in map(_public_key, listed) if key is not None]
        return {key.kid: key for key in reversed(public) if key.kid}

    async def _get(self, address: str) -> dict[str, Any]:
        async with self._http.stream("GET", address, timeout=_TIMEOUT, follow_redirects=False) as response:
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise _DiscoveryError
        value = strictjson.loads(body)
        if response.status_code != httpx.codes.OK or not isinstance(value, dict):
            raise _DiscoveryError
        return value


@dataclass(frozen=True, slots=True)
class Login:
    """Who logged in: when, at what level of assurance, and in which session of the issuer, if it has any."""

    subject: str = field(repr=False)
    session: str | None = field(repr=False)
    issued_at: datetime
    authenticated_at: datetime
    acr: str
    digest: bytes = field(repr=False)


class OidcIdTokenVerifier:
    """Verifies the ID token of a login, at one assurance level alone: the issuer's name of ``high``."""

    def __init__(  # noqa: PLR0913, PLR0917 - what is expected of an issuer's logins
        self,
        issuer: str,
        client_id: str,
        keys: OidcKeys,
        clock: Clock,
        algorithms: Sequence[str] = ALGORITHMS,
        acr: str = "high",
    ) -> None:
        self._issuer, self._client_id = issuer, client_id
        self._keys, self._clock = keys, clock
        self._algorithms, self._acr = frozenset(algorithms), acr

    async def verify(self, id_token: str, nonce: str) -> Login:
        """Who logged in; Unauthenticated whatever is wrong, UpstreamUnavailable without keys.

        The nonce is the one that this login began with; the caller takes it once.
        """
        try:
            return await self._check(Unverified.parse(id_token), nonce)
        except Refused as refused:
            _log.info("id-token-refused", code=refused.code)
            raise Unauthenticated from None

    async def _check(self, token: Unverified, nonce: str) -> Login:
        if token.text_claim("iss") != self._issuer:
            raise Refused("iss")
        token.require_type(None, "jwt")
        await token.require_signature(self._keys, self._algorithms)
        now = self._clock.now().timestamp()
        token.require_times(now, _ID_LIFE)
        if token.claims["iat"] < now - _LOGIN_AGE:
            raise Refused("iat")
        token.require_audience(self._client_id)
        if token.claims.get("azp", self._client_id) != self._client_id:
            raise Refused("azp")
        if not hmac.compare_digest(token.text_claim("nonce").encode(), nonce.encode()):
            raise Refused("nonce")
        if token.claims.get("acr") != self._acr:
            raise Refused("acr")
        subject = token.text_claim("sub")
        if not is_value(subject) or subject_kind(subject) != "member":
            raise Refused("sub")
        issued = token.claims["iat"]
        return Login(
            subject=subject,
            session=token.text_claim("sid") if "sid" in token.claims else None,
            issued_at=_instant(issued),
            authenticated_at=_instant(_authenticated(token, issued)),
            acr=self._acr,
            digest=hashlib.sha256(token.text.encode()).digest(),
        )


def _authenticated(token: Unverified, issued: int) -> int:
    """When the person proved who she is; an issuer without sessions has her do it for each ID token."""
    moment = token.claims.get("auth_time", issued)
    if not isinstance(moment, int) or isinstance(moment, bool) or not 0 <= moment <= issued + LEEWAY:
        raise Refused("auth_time")
    return moment


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class _DiscoveryError(Exception):
    """The issuer answered something that is no discovery document or key set."""


def _public_key(data: object) -> Key | None:
    """A key that may verify signatures; others in the set are nobody's concern (RFC 7517, section 5)."""
    if not isinstance(data, dict) or data.get("kty") not in {"RSA", "EC", "OKP"} or "d" in data:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("error", SecurityWarning)  # RSA below 2048 bits
        try:
            return import_key(data)
        except (JoseError, SecurityWarning, ValueError, KeyError, TypeError):
            return None


def _is_safe(address: str) -> bool:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return False
    return url.scheme == "https" or (url.scheme == "http" and url.host in {"127.0.0.1", "localhost", "::1"})
