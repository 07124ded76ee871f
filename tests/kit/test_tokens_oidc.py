import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from services.kit.clock import FixedClock
from services.kit.problem import Unauthenticated, UpstreamUnavailable
from services.kit.tokens import Identity, Issuer, OidcIdTokenVerifier, OidcKeys, TokenVerifier, oidc

ISSUER = "https://login.example/realm"
AT = datetime(2017, 7, 1, 12, tzinfo=UTC)
NOW = int(AT.timestamp())
PERSON = "EE48012310016"
RSA = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig", "alg": "RS256"})
EC = ECKey.generate_key("P-256", {"kid": "ec-1"})
OKP = OKPKey.generate_key("Ed25519", {"kid": "okp-1"})
ID = {
    "iss": ISSUER,
    "sub": PERSON,
    "aud": ["turvavork-client"],
    "nonce": "n-1",
    "acr": "high",
    "amr": ["idcard"],
    "iat": NOW - 10,
    "exp": NOW + 30,
}


class Provider:
    """An issuer with a switch for each fault; counts what it is asked."""

    def __init__(self, *public: Key) -> None:
        self.jwks: Any = {"keys": [key.as_dict(private=False) for key in public]}
        self.discovery: Any = {"issuer": ISSUER, "jwks_uri": "https://login.example/jwks"}
        self.status = 200
        self.down = False
        self.asked: list[str] = []
        self.now = 1000.0

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if self.down:
            raise httpx.ConnectError("down")
        body = self.discovery if request.url.path.endswith("openid-configuration") else self.jwks
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.Response(self.status, content=content)

    def keys(self) -> OidcKeys:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        return OidcKeys(ISSUER, client, monotonic=lambda: self.now)


def signed(claims: dict[str, Any], key: Any = RSA, alg: str = "RS256", **header: Any) -> str:
    given = {"alg": alg, "kid": key.kid, "typ": "JWT", **header}
    kept = {name: value for name, value in given.items() if value is not None}
    return jwt.encode(kept, claims, key, algorithms=[alg], default_type=None)


def login(provider: Provider) -> OidcIdTokenVerifier:
    return OidcIdTokenVerifier(ISSUER, "turvavork-client", provider.keys(), FixedClock(AT))


async def test_a_login_names_its_subject() -> None:
    assert (await login(Provider(RSA)).verify(signed(ID), "n-1")).subject == PERSON
    assert (await login(Provider(RSA, EC)).verify(signed(ID, EC, "ES256"), "n-1")).subject == PERSON
    assert (await login(Provider(OKP)).verify(signed(ID, OKP, "Ed25519"), "n-1")).subject == PERSON
    assert (await login(Provider(RSA)).verify(signed(ID, typ=None), "n-1")).subject == PERSON
    assert (
        await login(Provider(RSA)).verify(signed({**ID, "azp": "turvavork-client"}), "n-1")
    ).subject == PERSON


BAD: dict[str, Callable[[], str]] = {
    "acr low": lambda: signed({**ID, "acr": "low"}),
    "acr substantial": lambda: signed({**ID, "acr": "substantial"}),
    "acr absent": lambda: signed({name: value for name, value in ID.items() if name != "acr"}),
    "nonce of another login": lambda: signed({**ID, "nonce": "n-2"}),
    "nonce absent": lambda: signed({name: value for name, value in ID.items() if name != "nonce"}),
    "azp another": lambda: signed({**ID, "azp": "other-client"}),
    "aud another": lambda: signed({**ID, "aud": "other-client"}),
    "aud two": lambda: signed({**ID, "aud": ["turvavork-client", "other-client"]}),
    "iss another": lambda: signed({**ID, "iss": "https://login.example/other"}),
    "expired": lambda: signed({**ID, "exp": NOW}),
    "stale": lambda: signed({**ID, "iat": NOW - 301, "exp": NOW + 30}),
    "ahead": lambda: signed({**ID, "iat": NOW + 61, "exp": NOW + 90}),
    "an access token": lambda: signed(ID, typ="at+jwt"),
    "unknown kid": lambda: signed(ID, kid="rsa-2"),
    "other key": lambda: signed(ID, RSAKey.generate_key(2048, {"kid": "rsa-1"})),
    "HMAC with the client's secret": lambda: signed(
        ID, OctKey.import_key(b"secret" * 8, {"kid": "rsa-1"}), "HS256"
    ),
    "sub absent": lambda: signed({name: value for name, value in ID.items() if name != "sub"}),
    "auth_time in the future": lambda: signed({**ID, "auth_time": NOW + 120}),
    "auth_time no number": lambda: signed({**ID, "auth_time": "now"}),
    "sid empty": lambda: signed({**ID, "sid": ""}),
    "sid no text": lambda: signed({**ID, "sid": 7}),
    "sub of no person": lambda: signed({**ID, "sub": "service:cases"}),
}


async def test_a_login_says_when_and_in_which_session_of_the_issuer() -> None:
    plain = await login(Provider(RSA)).verify(signed(ID), "n-1")
    assert (plain.session, plain.acr, plain.authenticated_at) == (None, "high", plain.issued_at)
    told = await login(Provider(RSA)).verify(signed({**ID, "sid": "s-1", "auth_time": NOW - 3600}), "n-1")
    assert told.session == "s-1"
    assert (told.issued_at - told.authenticated_at).total_seconds() == ID["iat"] - (NOW - 3600)
    assert told.digest != plain.digest


async def test_the_level_of_assurance_is_called_as_the_issuer_calls_it() -> None:
    keys = Provider(RSA).keys()
    demanding = OidcIdTokenVerifier(ISSUER, "turvavork-client", keys, FixedClock(AT), acr="urn:loa:high")
    assert (await demanding.verify(signed({**ID, "acr": "urn:loa:high"}), "n-1")).acr == "urn:loa:high"
    with pytest.raises(Unauthenticated):
        await demanding.verify(signed(ID), "n-1")


@pytest.mark.parametrize("name", BAD)
async def test_every_wrong_id_token_gets_the_same_answer(name: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await login(Provider(RSA)).verify(BAD[name](), "n-1")
    assert refused.value.body("1") == Unauthenticated().body("1")


async def test_a_login_without_a_nonce_is_none() -> None:
    with pytest.raises(Unauthenticated):
        await login(Provider(RSA)).verify(signed({**ID, "nonce": ""}), "")


async def test_an_id_token_is_no_access_token_and_the_other_way_round() -> None:
    provider = Provider(RSA)
    outside = Issuer.oidc(ISSUER, provider.keys(), "turvavork-client", ["RS256"])
    verifier = TokenVerifier([outside], FixedClock(AT))
    assert await verifier.verify(signed(ID, typ="at+jwt")) == Identity(PERSON, "member")
    for typ in ("JWT", None):
        with pytest.raises(Unauthenticated):
            await verifier.verify(signed(ID, typ=typ))


async def test_keys_are_fetched_once() -> None:
    provider = Provider(RSA)
    found = provider.keys()
    assert [await found.find("rsa-1") is not None for _ in range(3)] == [True] * 3
    assert provider.asked == ["/realm/.well-known/openid-configuration", "/jwks"]


async def test_an_unknown_key_is_looked_for_again_but_not_more_than_every_30_seconds() -> None:
    provider = Provider(RSA)
    found = provider.keys()
    assert await found.find("rsa-1")
    provider.jwks = {"keys": [EC.as_dict(private=False)]}
    for _ in range(5):
        assert await found.find("ec-1") is None
    assert len(provider.asked) == 2
    provider.now += oidc.PAUSE
    assert await found.find("ec-1")
    assert await found.find("rsa-1") is None
    assert len(provider.asked) == 4


async def test_many_at_once_cause_one_fetch() -> None:
    provider = Provider(RSA)
    found = provider.keys()
    assert all(await asyncio.gather(*(found.find("rsa-1") for _ in range(20))))
    assert len(provider.asked) == 2


async def test_keys_are_fetched_again_after_an_hour_and_kept_if_that_fails() -> None:
    provider = Provider(RSA)
    found = provider.keys()
    assert await found.find("rsa-1")
    provider.now += oidc.FRESH + 1
    provider.down = True
    assert await found.find("rsa-1")
    provider.now += oidc.PAUSE
    provider.down = False
    provider.jwks = {"keys": [EC.as_dict(private=False)]}
    assert await found.find("rsa-1") is None


FAULTS: dict[str, dict[str, Any]] = {
    "down": {"down": True},
    "status": {"status": 500},
    "redirect": {"status": 302},
    "not JSON": {"discovery": b"<html>"},
    "no object": {"discovery": []},
    "other issuer": {
        "discovery": {"issuer": "https://evil.example", "jwks_uri": "https://login.example/jwks"}
    },
    "no address": {"discovery": {"issuer": ISSUER}},
    "address without TLS": {"discovery": {"issuer": ISSUER, "jwks_uri": "http://login.example/jwks"}},
    "address of a file": {"discovery": {"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"}},
    "keys no list": {"jwks": {"keys": {}}},
    "too large": {"jwks": b'{"keys": [' + b" " * oidc.MAX_BYTES + b"]}"},
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_without_keys_nobody_can_be_told_from_anybody(fault: str) -> None:
    provider = Provider(RSA)
    vars(provider).update(FAULTS[fault])
    found = provider.keys()
    with pytest.raises(UpstreamUnavailable):
        await login(provider).verify(signed(ID), "n-1")
    with pytest.raises(UpstreamUnavailable):
        await found.find("rsa-1")


async def test_keys_that_cannot_verify_are_passed_over() -> None:
    provider = Provider(RSA)
    weak = "0vx7" * 42 + "AQAB"  # 1032 bits
    provider.jwks["keys"] = [
        {"kty": "AKP", "kid": "new"},
        {"kty": "oct", "kid": "rsa-1", "k": "AAAA"},
        {"kty": "RSA", "kid": "rsa-1", "n": "!", "e": "AQAB"},
        {"kty": "RSA", "kid": "weak", "n": weak, "e": "AQAB"},
        {"kty": "EC", "kid": "off-curve", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "RSA", "kid": "rsa-1"},
        EC.as_dict(private=True),
        7,
        *provider.jwks["keys"],
    ]
    found = provider.keys()
    assert await found.find("rsa-1")
    for kid in ("new", "weak", "off-curve", "ec-1"):
        assert await found.find(kid) is None


@pytest.mark.parametrize(
    "issuer", ["http://login.example", "ftp://login.example", "login.example", "http://["]
)
def test_an_issuer_is_reached_by_https_alone(issuer: str) -> None:
    with pytest.raises(ValueError, match="https"):
        OidcKeys(issuer, httpx.AsyncClient())


def test_loopback_may_do_without() -> None:
    assert OidcKeys("http://127.0.0.1:9000", httpx.AsyncClient()).issuer
