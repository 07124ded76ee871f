"""Logout tokens of an issuer: what ends a session, and what does not."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from services.kit.clock import FixedClock
from services.kit.problem import UpstreamUnavailable
from services.kit.tokens import OidcKeys, OidcLogoutVerifier
from services.kit.tokens.logout import EVENT

AT = datetime(2017, 7, 1, 12, tzinfo=UTC)
NOW = int(AT.timestamp())
ISSUER, CLIENT, PERSON = "https://login.example/realm", "turvavork-client", "EE60001019906"
RSA = RSAKey.generate_key(2048, {"kid": "rsa-1"})
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa-1"})
SAID = {
    "iss": ISSUER,
    "aud": CLIENT,
    "iat": NOW - 5,
    "exp": NOW + 60,
    "jti": "j-1",
    "sub": PERSON,
    "sid": "s-1",
    "events": {EVENT: {}},
}


def signed(key: Any = RSA, alg: str = "RS256", typ: str | None = "logout+jwt", **changes: Any) -> str:
    claims = {name: value for name, value in {**SAID, **changes}.items() if value is not None}
    header = {"alg": alg, "kid": "rsa-1"} | ({} if typ is None else {"typ": typ})
    return jwt.encode(header, claims, key, algorithms=[alg], default_type=None)


def verifier(answer: Callable[[httpx.Request], httpx.Response] | None = None) -> OidcLogoutVerifier:
    def provider(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("openid-configuration"):
            return httpx.Response(200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"})
        return httpx.Response(200, json={"keys": [RSA.as_dict(private=False)]})

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer or provider))
    return OidcLogoutVerifier(ISSUER, CLIENT, OidcKeys(ISSUER, http), FixedClock(AT))


async def test_a_logout_token_says_whose_session_has_ended() -> None:
    said = await verifier().verify(signed())
    assert said is not None
    assert (said.subject, said.session) == (PERSON, "s-1")
    assert said.issued_at == datetime.fromtimestamp(NOW - 5, UTC)
    again = await verifier().verify(signed(iat=NOW - 4))
    other = await verifier().verify(signed(jti="j-2"))
    assert again is not None
    assert other is not None
    assert again.digest == said.digest != other.digest


GOOD: dict[str, Callable[[], str]] = {
    "a session alone": lambda: signed(sub=None),
    "a subject alone": lambda: signed(sid=None),
    "without a type": lambda: signed(typ=None),
    "of the general type": lambda: signed(typ="JWT"),
    "as older drafts have it, without an end": lambda: signed(exp=None),
    "with a list of one audience": lambda: signed(aud=[CLIENT]),
    "with something in the event": lambda: signed(events={EVENT: {"why": "x"}, "urn:other": {}}),
    "of an issuer a little ahead": lambda: signed(iat=NOW + 30, exp=NOW + 90),
}


@pytest.mark.parametrize("name", GOOD)
async def test_what_the_specification_allows_is_heard(name: str) -> None:
    assert await verifier().verify(GOOD[name]()) is not None


BAD: dict[str, Callable[[], str]] = {
    "another issuer": lambda: signed(iss="https://evil.example"),
    "another audience": lambda: signed(aud="another"),
    "one audience too many": lambda: signed(aud=[CLIENT, "another"]),
    "expired": lambda: signed(exp=NOW),
    "stale without an end": lambda: signed(iat=NOW - 121, exp=None),
    "stale with an end": lambda: signed(iat=NOW - 121),
    "from the future": lambda: signed(iat=NOW + 61, exp=NOW + 120),
    "no iat": lambda: signed(iat=None),
    "no jti": lambda: signed(jti=None),
    "no events": lambda: signed(events=None),
    "another event": lambda: signed(events={"urn:other": {}}),
    "events as a list": lambda: signed(events=[EVENT]),
    "the event is no object": lambda: signed(events={EVENT: True}),
    "neither subject nor session": lambda: signed(sub=None, sid=None),
    "an empty session": lambda: signed(sid=""),
    "a subject of no person": lambda: signed(sub="service:cases"),
    "an ID token": lambda: signed(nonce="n-1"),
    "the type of an access token": lambda: signed(typ="at+jwt"),
    "signed by a stranger": lambda: signed(STRANGER),
    "HMAC": lambda: signed(OctKey.import_key(b"secret" * 8, {"kid": "rsa-1"}), "HS256"),
    "unsigned": lambda: signed().rpartition(".")[0] + ".",
    "nothing at all": lambda: "x",
}


@pytest.mark.parametrize("name", BAD)
async def test_what_is_wrong_ends_nothing(name: str) -> None:
    assert await verifier().verify(BAD[name]()) is None


async def test_without_the_issuers_keys_nobody_can_tell() -> None:
    with pytest.raises(UpstreamUnavailable):
        await verifier(lambda _: httpx.Response(503)).verify(signed())
