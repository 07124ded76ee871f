"""A login at the OIDC issuer becomes our access token; the issuer's subject never leaves this file."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from services.cases.model.problems import LoginUnavailable
from services.cases.store import identities
from services.cases.store.people import CODE
from services.kit import personal_code
from services.kit.db import Database, Work
from services.kit.personal_code import PersonalCode, PersonalCodeError
from services.kit.policy import Caller, Decision, Policy
from services.kit.sealed import BlindIndex
from services.kit.tokens import AccessTokenIssuer, OidcIdTokenVerifier

_LETTERS = 26  # of base32: 130 bits
_ESTONIA = "EE"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, whose it is, and its life in seconds."""

    text: str
    subject: str
    seconds: int


Answer: TypeAlias = Callable[[Work, Token, Decision], T]


@dataclass(frozen=True, slots=True)
class Sessions:
    """Opens sessions; ``verifier`` is None where no issuer is set."""

    database: Database
    policy: Policy
    verifier: OidcIdTokenVerifier | None
    issuer: AccessTokenIssuer
    index: BlindIndex

    async def open(self, id_token: str, nonce: str, request_id: str, answer: Answer[T]) -> T:
        """The answer made of our token for who logged in.

        The subject of TARA holds a personal code, so ours is a keyed digest of it. A member without
        appointments gets a token too: it opens nothing. Raises Unauthenticated when the ID token is not good,
        LoginUnavailable without an issuer, UpstreamUnavailable when its keys cannot be fetched.
        """
        if self.verifier is None:
            raise LoginUnavailable
        identity = await self.verifier.verify(id_token, nonce)
        subject = member_subject(self.index, identity)
        token = Token(self.issuer.issue(subject), subject, self.issuer.lifetime)
        permit = self.policy.permit(
            Caller.system("service:cases", "cases"), "create_session", "accountability"
        )
        async with self.database.work(permit, request_id) as work:
            if (code := code_of(identity)) is not None:
                await identities.note(work, subject, self.index.of(CODE, code.value))
            return answer(work, token, permit.on({}))


def code_of(identity: str) -> PersonalCode | None:
    """The Estonian personal code in an identity; None for those of other countries."""
    if not identity.startswith(_ESTONIA):
        return None
    try:
        return personal_code.parse(identity.removeprefix(_ESTONIA))
    except PersonalCodeError:
        return None


def member_subject(index: BlindIndex, identity: str) -> str:
    """What tokens call the holder of an identity such as ``EE60001019906``: opaque, the same for ever."""
    digest = base64.b32encode(index.of("member", identity)).decode().lower()
    return f"m-{digest[:_LETTERS]}"
