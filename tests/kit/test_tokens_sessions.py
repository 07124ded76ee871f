"""Our access tokens say within which session they are good."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from services.kit.clock import FixedClock
from services.kit.problem import Unauthenticated
from services.kit.tokens import AccessTokenIssuer, Issuer, StaticKeys, TokenVerifier
from services.kit.tokens.reading import Unverified
from services.kit.tokens.signing import ACCESS_ISSUER, Session

AT = datetime(2017, 7, 1, 12, tzinfo=UTC)
NOW = int(AT.timestamp())
PERSON = "m-1"
KEY = OKPKey.generate_key("Ed25519", {"kid": "access", "use": "sig"})
WITHIN = Session(UUID(int=1), AT)


def made(**changes: Any) -> str:
    claims = {
        "iss": ACCESS_ISSUER,
        "sub": PERSON,
        "aud": "turvavork",
        "iat": NOW,
        "exp": NOW + 900,
        "sid": str(WITHIN.id),
        "auth_time": NOW,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "Ed25519", "typ": "at+jwt", "kid": "access"}, kept, KEY, algorithms=["Ed25519"])


def verifier() -> TokenVerifier:
    keys = StaticKeys(KeySet([KEY]))
    return TokenVerifier([Issuer.of_people(ACCESS_ISSUER, keys, in_sessions=True)], FixedClock(AT))


async def test_a_token_is_good_within_a_session() -> None:
    assert (await verifier().verify(made())).session == WITHIN
    issued = AccessTokenIssuer(ACCESS_ISSUER, KEY, FixedClock(AT)).issue(PERSON, WITHIN)
    assert (await verifier().verify(issued)).session == WITHIN


@pytest.mark.parametrize(
    "change",
    [{"sid": "s-1"}, {"sid": None}, {"sid": 7}, {"auth_time": "x"}, {"auth_time": None}, {"auth_time": True}],
)
async def test_a_token_of_no_session_is_no_token(change: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await verifier().verify(made(**change))


def test_a_token_may_live_shorter_than_others_but_not_longer() -> None:
    issuer = AccessTokenIssuer(ACCESS_ISSUER, KEY, FixedClock(AT))
    claims = [Unverified.parse(issuer.issue(PERSON, WITHIN, life)).claims for life in (60, 9_000)]
    assert [each["exp"] - each["iat"] for each in claims] == [60, 900]
