"""What a login becomes; the tests of the routes bring real ID tokens."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.cases.actions.sessions import Logins, Sessions, Token, member_subject
from services.cases.model.problems import LoginUnavailable
from services.kit import keys
from services.kit.clock import SystemClock
from services.kit.db import Work
from services.kit.policy import Decision, subject_kind
from services.kit.problem import Unauthenticated
from services.kit.sealed import BlindIndex
from services.kit.tokens import AccessTokenIssuer, Login, TokenVerifier
from services.kit.tokens.signing import ACCESS_ISSUER

Build = Callable[..., Any]
PERSON = "EE60001019906"
AT = datetime(2017, 5, 4, 12, tzinfo=UTC)


class Issuer:
    """Stands for the OIDC issuer: believes one token."""

    async def verify(self, id_token: str, nonce: str) -> Login:
        if (id_token, nonce) != ("good", "n-1"):
            raise Unauthenticated
        return Login(PERSON, None, AT, AT, "high", bytes(32))


@pytest.fixture
def sessions(world: Any, key_folder: Path) -> Build:
    def make(verifier: Any = None) -> Sessions:
        key = keys.load_issuer(key_folder, "access")
        issuer = AccessTokenIssuer(ACCESS_ISSUER, key, SystemClock())
        logins = Logins(verifier or Issuer(), Issuer())
        return Sessions(world.database, world.policy, logins, issuer, world.index, timedelta(hours=12))

    return make


def _token(work: Work, token: Token, decision: Decision) -> Token:
    return token


async def test_the_token_is_ours_and_says_who(world: Any, sessions: Build, key_folder: Path) -> None:
    token = await sessions().open("good", "n-1", str(uuid4()), _token)
    verifier = TokenVerifier.from_keys("indicators", key_folder, SystemClock(), development=False)
    identity = await verifier.verify(token.text)
    assert (identity.subject, identity.kind, identity.service) == (token.subject, "member", None)
    assert token.subject == member_subject(world.index, PERSON)
    assert token.seconds == 900


async def test_a_wrong_login_asks_the_database_nothing(sessions: Build) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("nobody logged in")

    for id_token, nonce in (("bad", "n-1"), ("good", "n-2")):
        with pytest.raises(Unauthenticated):
            await sessions().open(id_token, nonce, str(uuid4()), never)


async def test_without_an_issuer_there_is_no_login(world: Any, sessions: Build) -> None:
    made = sessions()
    with pytest.raises(LoginUnavailable):
        await replace(made, logins=None).open("good", "n-1", "-", _token)
    with pytest.raises(LoginUnavailable):
        await replace(made, logins=None).logout("any", "-")


def test_a_member_is_called_by_a_keyed_name() -> None:
    index, other = BlindIndex(bytes(32)), BlindIndex(b"1" * 32)
    subject = member_subject(index, PERSON)
    assert re.fullmatch(r"m-[a-z2-7]{26}", subject)
    assert subject_kind(subject) == "member"
    assert subject == member_subject(index, PERSON)
    assert len({subject, member_subject(index, "EE48012310016"), member_subject(other, PERSON)}) == 3
