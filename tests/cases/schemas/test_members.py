from datetime import date
from typing import Any

import pytest

from services.cases.model.members import Appointed
from services.cases.schemas.members import MeView, OfficesView, OfficeView, SessionIn, SessionOut
from services.kit.problem import Malformed
from services.kit.validation import read

OFFICE = Appointed("agency-member", "polva", "police", date(2017, 1, 1), None)
TOLD = {
    "role": "agency-member",
    "region": "polva",
    "agency": "police",
    "validFrom": "2017-01-01",
    "validTo": None,
    "principal": None,
}


def test_an_office_is_told_with_every_name() -> None:
    office = OfficeView.model_validate(OFFICE)
    assert office.model_dump(mode="json", by_alias=True) == TOLD
    assert OfficesView(items=[office]).model_dump(mode="json", by_alias=True) == {"items": [TOLD]}
    me = MeView(subject="m-1", offices=[office])
    assert me.model_dump(mode="json", by_alias=True) == {"subject": "m-1", "offices": [TOLD]}


def test_a_session_is_told_as_oauth_does_in_our_case() -> None:
    session = SessionOut(access_token="a.b.c", token_type="Bearer", expires_in=900)
    assert session.model_dump(by_alias=True) == {
        "accessToken": "a.b.c",
        "tokenType": "Bearer",
        "expiresIn": 900,
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
