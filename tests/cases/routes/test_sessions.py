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
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import RSAKey

from services.kit import keys
from services.kit.clock import SystemClock
from services.kit.problem import Unauthenticated
from services.kit.tokens import AccessTokenIssuer, ServiceSigner
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
async def door(
    world: Any, key_folder: Path, routes: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Door]:
    app = routes
    url = world.database._url.set(drivername="postgresql").render_as_string(hide_password=False)
    monkeypatch.setenv("TURVAVORK_CASES_DATABASE_URL", url)
    monkeypatch.setenv("TURVAVORK_KEYS", str(key_folder))
    monkeypatch.setenv("TURVAVORK_OIDC_ISSUER", ISSUER)
    monkeypatch.setenv("TURVAVORK_OIDC_CLIENT_ID", CLIENT)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.MockTransport(_provider)) as issuer,
    ):
        app.state.sessions.logins.id_tokens._keys._http = issuer  # both verifiers have the same keys
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
    assert claims.keys() <= {"iss", "sub", "aud", "iat", "exp", "nbf", "jti", "client_id", "sid", "auth_time"}
    assert claims["exp"] - claims["iat"] <= 900


async def test_a_session_leaves_one_row_and_no_personal_code(door: Door) -> None:
    session = await door.login(_id_token())
    [row] = await door.world.rows("select * from audit")
    assert row["request_id"] == session.headers["x-request-id"]
    assert (row["operation"], row["action"], row["actor"]) == ("create_session", "create", "service:cases")
    assert (row["decision"], row["rule_id"], row["purpose"]) == ("allow", "members-keep", "accountability")
    assert len(row["objects"]) == 2
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


def _logout_token(key: Any = RSA, **changes: Any) -> str:
    seconds = int(SystemClock().now().timestamp())
    claims = {
        "iss": ISSUER,
        "aud": CLIENT,
        "iat": seconds,
        "exp": seconds + 120,
        "jti": str(uuid4()),
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        **changes,
    }
    header = {"alg": "RS256", "kid": "tara-1", "typ": "logout+jwt"}
    return jwt.encode(header, claims, key, algorithms=["RS256"])


async def _opened(door: Door, **claims: Any) -> tuple[str, str]:
    """The token and the id of a session of somebody who may see who she is."""
    body = (await door.login(_id_token(**claims))).json()
    subject, member = _payload(body["accessToken"])["sub"], uuid4()
    await door.world.rows("insert into member values ($1, $2, now()) on conflict do nothing", member, subject)
    await door.world.rows(
        """insert into appointment select $1, id, 'chair', 'polva', null, '2017-01-01', null, 'test', now()
           from member where subject = $2""",
        uuid4(), subject,
    )  # fmt: skip
    assert (await door.me(body["accessToken"])).status_code == 200
    return body["accessToken"], body["sessionId"]


async def _logout(door: Door, token: str, **changes: Any) -> httpx.Response:
    return await door.http.post(
        "/api/cases/v1/sessions/back-channel-logout", **({"data": {"logout_token": token}} | changes)
    )


async def test_the_issuers_word_ends_the_session_for_the_next_request(door: Door) -> None:
    first, _ = await _opened(door, sid="s-1")
    second, _ = await _opened(door, sid="s-2")
    told = await _logout(door, _logout_token(sid="s-1"))
    assert (told.status_code, told.content, told.headers["cache-control"]) == (200, b"", "no-store")
    refused = await door.me(first)
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:turvavork:problem:unauthenticated")
    assert (await door.me(second)).status_code == 200
    [row] = await door.world.rows("select actor, rule_id from audit where operation = 'receive_logout'")
    assert tuple(row) == ("service:cases", "members-keep")


async def test_all_sessions_of_a_subject_end_where_the_issuer_names_no_session(door: Door) -> None:
    tokens = [(await _opened(door, sid=sid))[0] for sid in ("s-1", "s-2", None)]
    assert (await _logout(door, _logout_token(sub="EE48012310016"))).status_code == 200
    assert {(await door.me(token)).status_code for token in tokens} == {200}
    assert (await _logout(door, _logout_token(sub=PERSON))).status_code == 200
    assert {(await door.me(token)).status_code for token in tokens} == {401}


async def test_a_logout_token_is_heard_once(door: Door) -> None:
    token = _logout_token(sid="s-1")
    assert (await _logout(door, token)).status_code == 200
    again = await _logout(door, token)
    assert (again.status_code, again.json()["type"]) == (400, "urn:turvavork:problem:logout-refused")


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"logout_token": _logout_token(STRANGER, sid="s-1")}},
        {"data": {"logout_token": _id_token(sid="s-1")}},
        {"data": {}},
        {"data": {"logout_token": ["a", "b"]}},
        {"data": None, "json": {"logout_token": "x"}},
        {
            "data": None,
            "content": b"logout_token=\xff",
            "headers": {"content-type": "application/x-www-form-urlencoded"},
        },
    ],
)
async def test_what_is_no_logout_token_ends_nothing(door: Door, change: dict[str, Any]) -> None:
    token, _ = await _opened(door, sid="s-1")
    assert (await _logout(door, "", **change)).status_code == 400
    assert (await door.me(token)).status_code == 200


async def test_a_login_of_a_session_that_has_ended_opens_nothing(door: Door) -> None:
    login = _id_token(sid="s-1")
    assert (await door.login(login)).status_code == 201
    await _logout(door, _logout_token(sid="s-1"))
    assert (await door.login(login)).status_code == 401
    assert (await door.login(_id_token(sid="s-1", jti="2"))).status_code == 401


async def test_a_logout_that_is_heard_before_the_login_counts(door: Door) -> None:
    await _logout(door, _logout_token(sid="s-1"))
    assert (await door.login(_id_token(sid="s-1"))).status_code == 401
    assert (await door.login(_id_token(sid="s-2"))).status_code == 201


async def test_the_same_session_of_the_issuer_is_the_same_session_with_us(door: Door) -> None:
    first = (await door.login(_id_token(sid="s-1"))).json()
    again = (await door.login(_id_token(sid="s-1", jti="2"))).json()
    assert first["sessionId"] == again["sessionId"]
    other = (await door.login(_id_token(sid="s-2"))).json()
    assert other["sessionId"] != first["sessionId"]
    login = _id_token(jti="3")
    ids = {(await door.login(login)).json()["sessionId"] for _ in range(2)}
    assert len(ids) == 1
    assert await door.world.count("member_session") == 3


async def test_a_member_sees_the_own_sessions_and_ends_one(door: Door) -> None:
    token, session = await _opened(door, sid="s-1")
    other, _ = await _opened(door, sid="s-2")
    await _opened(door, sid="s-3", sub="EE48012310016")

    def ask(method: str, path: str, by: str) -> Any:
        headers = {"Authorization": f"Bearer {by}", "X-Purpose": "case-work"}
        return door.http.request(method, f"/api/cases/v1{path}", headers=headers)

    mine = (await ask("GET", "/me/sessions", token)).json()["items"]
    assert sorted((one["id"] == session, one["current"]) for one in mine) == [(False, False), (True, True)]
    assert {(one["acr"], one["endedAt"]) for one in mine} == {("high", None)}
    page = (await ask("GET", "/me/sessions?limit=1", token)).json()
    assert (len(page["items"]), page["next"] is None) == (1, False)
    assert (await ask("POST", f"/me/sessions/{session}/end", other)).status_code == 204
    assert (await door.me(token)).status_code == 401
    assert (await ask("POST", f"/me/sessions/{session}/end", other)).status_code == 404
    listed = (await ask("GET", "/me/sessions", other)).json()["items"]
    assert {one["id"]: one["endReason"] for one in listed}[session] == "logout"
    third = await door.world.rows("select id from member_session where ended_at is null")
    stranger = next(str(one["id"]) for one in third if str(one["id"]) not in {each["id"] for each in listed})
    assert (await ask("POST", f"/me/sessions/{stranger}/end", other)).status_code == 404


async def test_a_session_ends_by_itself_some_hours_after_the_login(door: Door) -> None:
    now = int(SystemClock().now().timestamp())
    assert (await door.login(_id_token(auth_time=now - 12 * 3600 - 1))).status_code == 401
    short = (await door.login(_id_token(auth_time=now - 12 * 3600 + 300))).json()
    assert 200 < short["expiresIn"] <= 300
    assert _payload(short["accessToken"])["auth_time"] == now - 12 * 3600 + 300


async def test_other_services_hear_that_a_session_has_ended(door: Door, key_folder: Path) -> None:
    token, session = await _opened(door, sid="s-1")
    subject = _payload(token)["sub"]
    signer = ServiceSigner("indicators", keys.load_signing(key_folder, "indicators"))

    async def offices() -> Any:
        bearer = signer.token("cases", "service:indicators", "accountability")
        headers = {"Authorization": f"Bearer {bearer}", "X-Purpose": "accountability"}
        question = {"subject": subject, "session": session}
        return (await door.http.get("/api/cases/v1/offices", params=question, headers=headers)).json()

    told = await offices()
    assert ([one["role"] for one in told["items"]], told["sessionEnded"]) == (["chair"], False)
    await _logout(door, _logout_token(sid="s-1"))
    assert await offices() == {"items": [], "sessionEnded": True}


async def test_what_names_people_is_kept_nowhere(door: Door) -> None:
    await _opened(door, sid="s-secret")
    await _logout(door, _logout_token(sid="s-secret"))
    for table in ("member_session", "issuer_logout", "audit"):
        for row in await door.world.rows(f"select * from {table}"):  # noqa: S608 - a test's own word
            assert not any(word in str(tuple(row)) for word in ("s-secret", "60001019906"))


async def test_without_an_issuer_nobody_logs_in(served: Any) -> None:
    answer = await served.http.post("/api/cases/v1/sessions", json={"idToken": _id_token(), "nonce": NONCE})
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:turvavork:problem:login-unavailable")
