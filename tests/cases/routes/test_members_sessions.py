"""A login at an OIDC issuer of our own becomes an access token that opens doors; nothing else does."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import RSAKey

from services.cases.app import create_app
from services.cases.settings import Settings
from services.kit import keys
from services.kit.clock import SystemClock
from services.kit.problem import Unauthenticated
from services.kit.tokens import AccessTokenIssuer
from services.kit.tokens.signing import DEVELOPMENT_ISSUER

ISSUER, CLIENT = "https://tara.example/oidc", "turvavork-test"
PERSON = "EE60001019906"  # as TARA names her: country and personal code
NONCE = "n-0123456789"
RSA = RSAKey.generate_key(2048, {"kid": "tara-1", "use": "sig", "alg": "RS256"})
STRANGER = RSAKey.generate_key(2048, {"kid": "tara-1", "use": "sig", "alg": "RS256"})


def _provider(request: httpx.Request) -> httpx.Response:
    """The issuer: discovery and keys."""
    if request.url.path.endswith("/.well-known/openid-configuration"):
        return httpx.Response(200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"})
    return httpx.Response(200, json={"keys": [RSA.as_dict(private=False)]})


def _claims(**changes: Any) -> dict[str, Any]:
    seconds = int(SystemClock().now().timestamp())
    claims = {
        "iss": ISSUER,
        "sub": PERSON,
        "aud": CLIENT,
        "nonce": NONCE,
        "acr": "high",
        "amr": ["idcard"],
        "iat": seconds - 5,
        "exp": seconds + 40,
        "given_name": "Mari-Liis",
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def _id_token(key: Any = RSA, kid: str = "tara-1", typ: str = "JWT", **changes: Any) -> str:
    header = {"alg": "RS256", "kid": kid, "typ": typ}
    return jwt.encode(header, _claims(**changes), key, algorithms=["RS256"])


@dataclass
class Door:
    """The service with an issuer."""

    http: httpx.AsyncClient
    world: Any

    async def login(self, id_token: str, nonce: str = NONCE) -> httpx.Response:
        return await self.http.post("/api/cases/v1/sessions", json={"idToken": id_token, "nonce": nonce})

    async def me(self, token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "X-Purpose": "case-work"}
        return await self.http.get("/api/cases/v1/me", headers=headers)


@pytest_asyncio.fixture
async def door(world: Any, key_folder: Path) -> AsyncIterator[Door]:
    url = world.database._url.set(drivername="postgresql").render_as_string(hide_password=False)
    settings = Settings(database_url=url, keys=key_folder, oidc_issuer=ISSUER, oidc_client_id=CLIENT)
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.MockTransport(_provider)) as issuer,
    ):
        app.state.sessions.verifier._keys._http = issuer
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://cases") as http:
            yield Door(http, world)


async def test_a_login_gives_a_token_that_opens_what_the_member_may(door: Door) -> None:
    session = await door.login(_id_token())
    body = session.json()
    assert (session.status_code, body["tokenType"], body["expiresIn"]) == (201, "Bearer", 900)
    assert session.headers["cache-control"] == "no-store"
    assert (await door.me(body["accessToken"])).status_code == 403  # who, not what: no office, no door
    subject = _payload(body["accessToken"])["sub"]
    member = uuid4()
    await door.world.rows("insert into member values ($1, $2, now())", member, subject)
    await door.world.rows(
        "insert into appointment values ($1, $2, 'chair', 'polva', null, '2017-01-01', null, 'test', now())",
        uuid4(),
        member,
    )
    me = await door.me(body["accessToken"])
    assert me.status_code == 200
    assert me.json()["subject"] == subject
    assert [office["role"] for office in me.json()["offices"]] == ["chair"]


def _payload(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


async def test_the_member_is_called_by_an_opaque_name_that_stays(door: Door) -> None:
    subjects = {
        _payload((await door.login(_id_token(sub=who))).json()["accessToken"])["sub"]
        for who in (PERSON, PERSON, "EE48012310016")
    }
    assert len(subjects) == 2
    for subject in subjects:
        assert subject.startswith("m-")
        assert len(subject) == 28
        assert not any(digits in subject for digits in ("60001019906", "48012310016"))


async def test_the_token_says_who_and_nothing_else(door: Door) -> None:
    claims = _payload((await door.login(_id_token())).json()["accessToken"])
    assert claims.keys() <= {"iss", "sub", "aud", "iat", "exp", "nbf", "jti", "client_id"}
    assert claims["exp"] - claims["iat"] <= 900


async def test_a_session_leaves_one_row_and_no_personal_code(door: Door) -> None:
    session = await door.login(_id_token())
    [row] = await door.world.rows("select * from audit")
    assert row["request_id"] == session.headers["x-request-id"]
    assert (row["operation"], row["action"], row["actor"]) == ("create_session", "create", "service:cases")
    assert (row["decision"], row["rule_id"], row["purpose"]) == ("allow", "members-keep", "accountability")
    assert len(row["objects"]) == 1
    assert "60001019906" not in str(tuple(row))


BAD: dict[str, Callable[[], str]] = {
    "nonce of another login": lambda: _id_token(nonce="n-9876543210"),
    "no nonce": lambda: _id_token(nonce=None),
    "acr substantial": lambda: _id_token(acr="substantial"),
    "no acr": lambda: _id_token(acr=None),
    "another audience": lambda: _id_token(aud="another-client"),
    "one audience too many": lambda: _id_token(aud=[CLIENT, "another-client"]),
    "another issuer": lambda: _id_token(iss="https://evil.example"),
    "expired": lambda: _id_token(exp=int(SystemClock().now().timestamp()) - 1),
    "stale": lambda: _id_token(iat=int(SystemClock().now().timestamp()) - 400),
    "unknown kid": lambda: _id_token(kid="tara-2"),
    "signed by a stranger": lambda: _id_token(STRANGER),
    "an access token": lambda: _id_token(typ="at+jwt"),
    "unsigned": lambda: _id_token().rpartition(".")[0] + ".",
    "no token at all": lambda: "x" * 40,
}


@pytest.mark.parametrize("name", BAD)
async def test_whatever_is_wrong_with_a_login_the_answer_is_the_same(door: Door, name: str) -> None:
    refused = await door.login(BAD[name]())
    assert refused.status_code == 401
    body = refused.json()
    assert body.pop("instance").startswith("urn:uuid:")
    assert body == {
        "type": "urn:turvavork:problem:unauthenticated",
        "title": Unauthenticated.titles["et"],
        "status": 401,
    }
    assert await door.world.count("audit") == 0  # nobody proved to be anybody


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"idToken": "x" * 40},
        {"nonce": NONCE},
        {"idToken": "x" * 9000, "nonce": NONCE},
        {"idToken": "x" * 40, "nonce": "short"},
        {"idToken": "x" * 40, "nonce": NONCE, "role": "coordinator"},
        {"idToken": 7, "nonce": NONCE},
    ],
)
async def test_what_is_no_login_is_malformed(door: Door, body: dict[str, Any]) -> None:
    answer = await door.http.post("/api/cases/v1/sessions", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:turvavork:problem:malformed")
    assert "xxxx" not in answer.text


async def test_the_id_token_itself_opens_nothing(door: Door) -> None:
    assert (await door.me(_id_token())).status_code == 401


async def test_a_development_token_opens_nothing_outside_development(door: Door, key_folder: Path) -> None:
    key = keys.load_issuer(key_folder, "development")
    token = AccessTokenIssuer(DEVELOPMENT_ISSUER, key).issue("dev:coordinator:polva:")
    assert (await door.me(token)).status_code == 401


async def test_without_an_issuer_nobody_logs_in(served: Any) -> None:
    answer = await served.http.post("/api/cases/v1/sessions", json={"idToken": _id_token(), "nonce": NONCE})
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:turvavork:problem:login-unavailable")
