import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from services.kit import keys
from services.kit.clock import FixedClock
from services.kit.problem import Unauthenticated
from services.kit.tokens import (
    AccessTokenIssuer,
    Identity,
    Issuer,
    ServiceSigner,
    StaticKeys,
    TokenVerifier,
    signing,
    verifying,
)

AT = datetime(2017, 7, 1, 12, tzinfo=UTC)
NOW = int(AT.timestamp())
PERSON = "EE48012310016"
SERVICE_KEY = OKPKey.generate_key("Ed25519", {"kid": "exchange", "use": "sig"})
ACCESS_KEY = OKPKey.generate_key("Ed25519", {"kid": "access", "use": "sig"})
OTHER_KEY = OKPKey.generate_key("Ed25519", {"kid": "access"})
EC_KEY = ECKey.generate_key("P-256", {"kid": "ec", "alg": "ES256"})
EC384_KEY = ECKey.generate_key("P-256", {"kid": "ec-384", "alg": "ES384"})
P384_KEY = ECKey.generate_key("P-384", {"kid": "p384"})
RSA_KEY = RSAKey.generate_key(2048, {"kid": "rsa"})
ENC_KEY = ECKey.generate_key("P-256", {"kid": "enc", "use": "enc"})
OUTSIDE = [EC_KEY, EC384_KEY, P384_KEY, RSA_KEY, ENC_KEY, OKPKey.generate_key("X25519", {"kid": "x"})]

ACCESS_HEADER = {"alg": "Ed25519", "typ": "at+jwt", "kid": "access"}
ACCESS = {
    "iss": "urn:turvavork:access",
    "sub": PERSON,
    "aud": "turvavork",
    "iat": NOW,
    "exp": NOW + 900,
}
SERVICE_HEADER = {"alg": "Ed25519", "typ": "service+jwt", "kid": "exchange"}
SERVICE = {
    "iss": "urn:turvavork:service:exchange",
    "sub": "ee-dev/GOV/70008747/polis",
    "aud": "cases",
    "act": {"sub": "service:exchange"},
    "purpose": "intake",
    "iat": NOW,
    "exp": NOW + 60,
}
OIDC = {**ACCESS, "iss": "https://login.example", "aud": "api", "acr": "high"}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(key: Any, algorithm: str, text: bytes) -> bytes:
    """By the library's own algorithm, whatever the header says."""
    from joserfc.jws import JWSRegistry  # noqa: PLC0415 - the door under test must not be used here

    return bytes(JWSRegistry.algorithms[algorithm].sign(text, key))


def forge(header: Any, claims: Any, key: Any = ACCESS_KEY, by: str = "Ed25519") -> str:
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
    text = ".".join(b64(part) for part in parts)
    return f"{text}.{b64(sign(key, by, text.encode()))}"


def public(*private: Any) -> StaticKeys:
    return StaticKeys(KeySet([type(key).import_key(key.as_dict(private=False)) for key in private]))


def verifier(clock: FixedClock | None = None) -> TokenVerifier:
    services = public(SERVICE_KEY, OKPKey.generate_key("Ed25519", {"kid": "cases"}))
    return TokenVerifier(
        [
            Issuer.of_service("exchange", services, "cases"),
            Issuer.of_service("cases", services, "cases"),
            Issuer.of_people("urn:turvavork:access", public(ACCESS_KEY)),
            Issuer.oidc("https://login.example", public(*OUTSIDE), "api", ["RS256", "ES256"]),
        ],
        clock or FixedClock(AT),
    )


def without(claims: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in names}


async def test_an_access_token_speaks_for_a_person() -> None:
    token = AccessTokenIssuer("urn:turvavork:access", ACCESS_KEY, FixedClock(AT)).issue(PERSON)
    assert await verifier().verify(token) == Identity(PERSON, "member")
    assert await verifier().verify(forge(ACCESS_HEADER, ACCESS)) == Identity(PERSON, "member")


@pytest.mark.parametrize("subject", [PERSON, "ee-dev/GOV/70008747/polis", "worker:feed", "service:exchange"])
async def test_a_service_token_speaks_for_its_subject(subject: str) -> None:
    token = ServiceSigner("exchange", SERVICE_KEY, FixedClock(AT)).token("cases", subject, "intake")
    assert await verifier().verify(token) == Identity(subject, "service", "exchange", "intake")


@pytest.mark.parametrize(("key", "by"), [(EC_KEY, "ES256"), (RSA_KEY, "RS256")])
async def test_an_outside_issuer_signs_by_the_algorithms_agreed(key: Any, by: str) -> None:
    header = {"alg": by, "typ": "application/at+jwt", "kid": key.kid, "x5t": "AAAA"}
    assert await verifier().verify(forge(header, OIDC, key, by)) == Identity(PERSON, "member")


async def test_eddsa_is_taken_under_its_old_name() -> None:
    outside = Issuer.oidc("https://login.example", public(ACCESS_KEY), "api", ["EdDSA"])
    token = forge({**ACCESS_HEADER, "alg": "EdDSA"}, OIDC)
    assert await TokenVerifier([outside], FixedClock(AT)).verify(token)


def access(**change: Any) -> str:
    return forge(ACCESS_HEADER, {**ACCESS, **change})


def service(**change: Any) -> str:
    return forge(SERVICE_HEADER, {**SERVICE, **change}, SERVICE_KEY)


def header(**change: Any) -> str:
    return forge({**ACCESS_HEADER, **change}, ACCESS)


def outside(key: Any = RSA_KEY, by: str = "RS256", alg: str | None = None, **change: Any) -> str:
    return forge({"alg": alg or by, "typ": "at+jwt", "kid": key.kid}, {**OIDC, **change}, key, by)


def confused() -> str:
    """HMAC with the public key's bytes as the secret."""
    text = f"{b64(json.dumps({**ACCESS_HEADER, 'alg': 'HS256'}).encode())}.{b64(json.dumps(ACCESS).encode())}"
    secret = json.dumps(ACCESS_KEY.as_dict(private=False)).encode()
    return f"{text}.{b64(hmac.digest(secret, text.encode(), hashlib.sha256))}"


GOOD = access()
HEAD, BODY, SIGNATURE = GOOD.split(".")
#: what the log says of it -> the token
BAD: dict[str, dict[str, Callable[[], str] | str]] = {
    "form": {
        "empty": "",
        "two parts": f"{HEAD}.{BODY}",
        "four parts": f"{GOOD}.",
        "five parts (JWE)": f"{GOOD}.{BODY}.{BODY}",
        "too long": lambda: access(more="x" * 9000),
    },
    "base64": {
        "padding": f"{HEAD}=.{BODY}.{SIGNATURE}",
        "padded signature": f"{GOOD}==",
        "line break": f"{GOOD}\n",
        "space": f" {GOOD}",
        "plus of other base64": f"{HEAD}.{BODY}.+{SIGNATURE[1:]}",
        "bits after the end": f"{HEAD}.{BODY}.{SIGNATURE[:-1]}{'B' if SIGNATURE[-1] != 'B' else 'C'}",
        "no text": "\ud800.\ud800.\ud800",
        "empty header": lambda: f".{BODY}.{SIGNATURE}",
    },
    "json": {
        "header no object": lambda: forge([], ACCESS),
        "claims no object": lambda: forge(ACCESS_HEADER, "text"),
        "not JSON": lambda: forge(b"{", ACCESS),
        "key twice": lambda: forge(ACCESS_HEADER, b'{"iss":"x",' + json.dumps(ACCESS).encode()[1:]),
        "NaN": lambda: forge(ACCESS_HEADER, json.dumps(ACCESS).replace(str(NOW), "NaN").encode()),
    },
    "header": {
        "crit": lambda: header(crit=["exp"]),
        "crit with b64": lambda: header(crit=["b64"], b64=False),
        "jku": lambda: header(jku="https://evil.example/jwks"),
        "x5u": lambda: header(x5u="https://evil.example/x5u"),
        "x5c": lambda: header(x5c=["AAAA"]),
        "jwk": lambda: forge({**ACCESS_HEADER, "jwk": OTHER_KEY.as_dict()}, ACCESS, OTHER_KEY),
        "cty": lambda: header(cty="JWT"),
        "zip": lambda: header(zip="DEF"),
        "kid no text": lambda: header(kid=7),
        "alg None": lambda: header(alg=None),
    },
    "kid": {
        "kid unknown": lambda: header(kid="elsewhere"),
        "kid absent": lambda: forge(without(ACCESS_HEADER, "kid"), ACCESS),
        "kid of a path": lambda: header(kid="../../dev/null"),
        "service: makes access tokens": lambda: forge(
            {**SERVICE_HEADER, "typ": "at+jwt"}, ACCESS, SERVICE_KEY
        ),
        "access key makes service tokens": lambda: forge({**SERVICE_HEADER, "kid": "access"}, SERVICE),
    },
    "alg": {
        "alg none": lambda: f"{b64(json.dumps({**ACCESS_HEADER, 'alg': 'none'}).encode())}.{BODY}.AA",
        "alg absent": lambda: forge(without(ACCESS_HEADER, "alg"), ACCESS),
        "alg HS256": confused,
        "alg of others": lambda: header(alg="EdDSA"),
        "alg in capitals": lambda: header(alg="ED25519"),
        "not agreed with this issuer": lambda: outside(RSA_KEY, "RS512"),
    },
    "typ": {
        "typ absent": lambda: forge(without(ACCESS_HEADER, "typ"), ACCESS),
        "typ of an ID token": lambda: header(typ="JWT"),
        "typ of a service": lambda: header(typ="service+jwt"),
        "iss of another": lambda: access(iss="urn:turvavork:service:exchange"),
        "service: typ of people": lambda: forge({**SERVICE_HEADER, "typ": "at+jwt"}, SERVICE, SERVICE_KEY),
    },
    "signature": {
        "RSA key, EC named": lambda: outside(RSA_KEY, "RS256", "ES256"),
        "key of another algorithm": lambda: outside(EC384_KEY, "ES256"),
        "other key": lambda: forge(ACCESS_HEADER, ACCESS, OTHER_KEY),
        "other claims": lambda: f"{HEAD}.{b64(json.dumps({**ACCESS, 'sub': 'EE2'}).encode())}.{SIGNATURE}",
        "other header": lambda: f"{header(kid='access', x5t='A').split('.')[0]}.{BODY}.{SIGNATURE}",
        "key for encryption": lambda: outside(ENC_KEY, "ES256"),
        "EC of another curve": lambda: outside(P384_KEY, "ES384", "ES256"),
    },
    "iss": {
        "iss absent": lambda: forge(ACCESS_HEADER, without(ACCESS, "iss")),
        "iss unknown": lambda: access(iss="urn:turvavork:elsewhere"),
        "iss no text": lambda: access(iss=["urn:turvavork:access"]),
        "development issuer": lambda: access(iss="urn:turvavork:development"),
    },
    "sub": {
        "sub absent": lambda: forge(ACCESS_HEADER, without(ACCESS, "sub")),
        "sub empty": lambda: access(sub=""),
        "sub a number": lambda: access(sub=7),
        "sub a worker": lambda: access(sub="worker:intake"),
        "sub a service": lambda: access(sub="service:exchange"),
        "sub an X-Road client": lambda: access(sub="ee-dev/GOV/1/x"),
        "sub with a comma": lambda: access(sub="a,b"),
        "service: another service": lambda: service(sub="service:cases"),
    },
    "aud": {
        "aud absent": lambda: forge(ACCESS_HEADER, without(ACCESS, "aud")),
        "aud another": lambda: access(aud="cases"),
        "aud two": lambda: access(aud=["turvavork", "elsewhere"]),
        "aud twice": lambda: access(aud=["turvavork", "turvavork"]),
        "aud none": lambda: access(aud=[]),
        "outside: aud ours": lambda: outside(aud="turvavork"),
        "service: for another": lambda: service(aud="exchange"),
        "service: for people's audience": lambda: service(aud="turvavork"),
    },
    "exp": {
        "exp absent": lambda: forge(ACCESS_HEADER, without(ACCESS, "exp")),
        "exp text": lambda: access(exp=str(NOW + 900)),
        "exp decimal": lambda: access(exp=NOW + 0.5),
        "exp true": lambda: access(exp=True),
        "expired": lambda: access(iat=NOW - 900, exp=NOW),
        "expired within the leeway": lambda: access(iat=NOW - 800, exp=NOW - 1),
    },
    "life": {
        "lives too long": lambda: access(exp=NOW + 901),
        "ends before it begins": lambda: access(iat=NOW + 50, exp=NOW + 10),
        "service: lives too long": lambda: service(exp=NOW + 61),
    },
    "iat": {
        "iat true": lambda: access(iat=True),
        "iat absent": lambda: forge(ACCESS_HEADER, without(ACCESS, "iat")),
        "iat ahead": lambda: access(iat=NOW + 61, exp=NOW + 900),
    },
    "nbf": {
        "nbf ahead": lambda: access(nbf=NOW + 61),
        "nbf text": lambda: access(nbf="now"),
    },
    "acr": {
        "outside: acr substantial": lambda: outside(acr="substantial"),
        "outside: acr absent": lambda: outside(acr=None),
    },
    "act": {
        "service: acts as another": lambda: service(act={"sub": "service:cases"}),
        "service: act absent": lambda: forge(SERVICE_HEADER, without(SERVICE, "act"), SERVICE_KEY),
        "service: act chained": lambda: service(
            act={"sub": "service:exchange", "act": {"sub": "service:cases"}}
        ),
        "service: signs as another": lambda: service(
            iss="urn:turvavork:service:cases", act={"sub": "service:cases"}
        ),
    },
    "purpose": {
        "service: purpose absent": lambda: forge(SERVICE_HEADER, without(SERVICE, "purpose"), SERVICE_KEY),
    },
}


@pytest.mark.parametrize(("code", "name"), [(code, name) for code, group in BAD.items() for name in group])
async def test_every_wrong_token_gets_the_same_answer(
    code: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[object] = []
    monkeypatch.setattr(verifying._log, "info", lambda event, **fields: logged.append((event, fields)))
    made = BAD[code][name]
    with pytest.raises(Unauthenticated) as refused:
        await verifier().verify(made if isinstance(made, str) else made())
    assert logged == [("token-refused", {"code": code})]
    assert refused.value.body("1") == Unauthenticated().body("1")
    assert refused.value.headers == Unauthenticated().headers
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "change", [{"iat": NOW + 60}, {"nbf": NOW + 60}, {"aud": ["turvavork"]}, {"exp": NOW + 1}]
)
async def test_what_the_leeway_and_the_standard_allow(change: dict[str, Any]) -> None:
    assert await verifier().verify(access(**change))


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(st.binary(max_size=40).map(b64), min_size=3, max_size=3).map(".".join)))
async def test_no_text_gets_in_or_breaks_anything(token: str) -> None:
    with pytest.raises(Unauthenticated):
        await verifier().verify(token)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.characters(codec="ascii"))
async def test_no_changed_letter_gets_in(place: int, letter: str) -> None:
    changed = GOOD[:place] + letter + GOOD[place + 1 :]
    if changed != GOOD:
        with pytest.raises(Unauthenticated):
            await verifier().verify(changed)


async def test_a_remembered_token_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FixedClock(AT)
    checking = verifier(clock)
    calls: list[str] = []
    parse = verifying.Unverified.parse
    monkeypatch.setattr(verifying.Unverified, "parse", lambda token: calls.append(token) or parse(token))
    for _ in range(3):
        assert await checking.verify(GOOD) == Identity(PERSON, "member")
    assert calls == [GOOD]
    clock.advance(timedelta(seconds=900))
    with pytest.raises(Unauthenticated):
        await checking.verify(GOOD)


async def test_memory_is_bounded_and_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "_REMEMBERED", 3)
    checking = verifier()
    tokens = [access(jti=str(number)) for number in range(5)]
    for token in tokens:
        await checking.verify(token)
    assert [hashlib.sha256(token.encode()).digest() for token in tokens[-3:]] == list(checking._known)
    for token in tokens:
        assert await checking.verify(token)


async def test_a_refused_token_is_not_remembered() -> None:
    checking = verifier()
    with pytest.raises(Unauthenticated):
        await checking.verify(access(exp=NOW + 901))
    assert not checking._known


async def test_the_verifier_of_a_service_knows_all_keys_of_the_folder(tmp_path: Path) -> None:
    keys.ensure(tmp_path)
    clock = FixedClock(AT)
    checking = TokenVerifier.from_keys("cases", tmp_path, clock, development=False)
    for name in keys.SERVICES:
        token = ServiceSigner(name, keys.load_signing(tmp_path, name), clock).token(
            "cases", f"service:{name}", "operations"
        )
        assert await checking.verify(token) == Identity(f"service:{name}", "service", name, "operations")
    issuer = AccessTokenIssuer(signing.ACCESS_ISSUER, keys.load_issuer(tmp_path, "access"), clock)
    within = signing.Session(UUID(int=1), AT)
    assert (await checking.verify(issuer.issue(PERSON, within))).session == within
    with pytest.raises(Unauthenticated):  # a token of no session could not be ended
        await checking.verify(issuer.issue(PERSON))


async def test_development_tokens_count_only_where_development_is_on(tmp_path: Path) -> None:
    keys.ensure(tmp_path)
    clock, key = FixedClock(AT), keys.load_issuer(tmp_path, "development")
    token = AccessTokenIssuer(signing.DEVELOPMENT_ISSUER, key, clock).issue(PERSON)
    assert await TokenVerifier.from_keys("cases", tmp_path, clock, development=True).verify(token)
    with pytest.raises(Unauthenticated):
        await TokenVerifier.from_keys("cases", tmp_path, clock, development=False).verify(token)
    posing = AccessTokenIssuer(signing.ACCESS_ISSUER, key, clock).issue(PERSON)
    with pytest.raises(Unauthenticated):
        await TokenVerifier.from_keys("cases", tmp_path, clock, development=True).verify(posing)


def test_tokens_live_no_longer_than_promised() -> None:
    with pytest.raises(ValueError, match="900"):
        AccessTokenIssuer("urn:turvavork:access", ACCESS_KEY, FixedClock(AT), lifetime=901)


@pytest.mark.parametrize("subject", ["", "worker:intake", "service:cases", "ee-dev/GOV/1/x", "a b"])
def test_access_tokens_are_for_people(subject: str) -> None:
    with pytest.raises(ValueError, match="member"):
        AccessTokenIssuer("urn:turvavork:access", ACCESS_KEY, FixedClock(AT)).issue(subject)


def test_reprs_do_not_name_people() -> None:
    assert PERSON not in repr(Identity(PERSON, "member"))
