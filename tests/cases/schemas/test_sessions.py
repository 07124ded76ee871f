"""A login becomes a token, as OAuth says it in our case."""

from typing import Any
from uuid import UUID

import pytest

from services.cases.schemas.sessions import SessionIn, SessionOut
from services.kit.problem import Malformed
from services.kit.validation import read


def test_a_session_is_told_as_oauth_does_in_our_case() -> None:
    session = SessionOut(access_token="a.b.c", token_type="Bearer", expires_in=900, session_id=UUID(int=1))
    assert session.model_dump(mode="json", by_alias=True) == {
        "accessToken": "a.b.c",
        "tokenType": "Bearer",
        "expiresIn": 900,
        "sessionId": str(UUID(int=1)),
    }


def test_a_login_is_token_and_nonce() -> None:
    login = read(SessionIn, {"idToken": "x" * 20, "nonce": "n" * 8})
    assert (login.id_token, login.nonce) == ("x" * 20, "n" * 8)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"idToken": "x" * 19}, "/idToken"),
        ({"idToken": "x" * 8193}, "/idToken"),
        ({"idToken": None}, "/idToken"),
        ({"nonce": "n" * 7}, "/nonce"),
        ({"nonce": "n" * 257}, "/nonce"),
        ({"nonce": 12345678}, "/nonce"),
        ({"subject": "me"}, ""),
    ],
)
def test_what_is_no_login_is_malformed(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Malformed) as refused:
        read(SessionIn, {"idToken": "x" * 20, "nonce": "n" * 8, **change})
    assert [error.pointer for error in refused.value.errors] == [pointer]
