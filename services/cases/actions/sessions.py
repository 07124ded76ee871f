"""A login at the OIDC issuer becomes our access token; the issuer's subject never leaves this function."""

import base64
from dataclasses import dataclass

from services.cases.model.problems import LoginUnavailable
from services.kit.db import Database
from services.kit.policy import Caller, Policy
from services.kit.sealed import BlindIndex
from services.kit.tokens import AccessTokenIssuer, OidcIdTokenVerifier

_LETTERS = 26


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and its life in seconds."""

    text: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Sessions:
    """Opens sessions; ``verifier`` is None where no issuer is set."""

    database: Database
    policy: Policy
    verifier: OidcIdTokenVerifier | None
    issuer: AccessTokenIssuer
    index: BlindIndex

    async def open(self, id_token: str, nonce: str, request_id: str) -> Token:
        """Our token for who logged in; Unauthenticated when the ID token is not good.

        The subject of TARA holds a personal code, so ours is a keyed digest of it. A member without
        appointments gets a token too: it opens nothing.
        """
        if self.verifier is None:
            raise LoginUnavailable
        subject = member_subject(self.index, await self.verifier.verify(id_token, nonce))
        permit = self.policy.permit(
            Caller.system("service:cases", "cases"), "create_session", "accountability"
        )
        async with self.database.work(permit, request_id) as work:
            work.audit("create", [subject], ["technical"])
        return Token(self.issuer.issue(subject), self.issuer.lifetime)


def member_subject(index: BlindIndex, identity: str) -> str:
    """What tokens call the holder of an identity such as ``EE60001019906``: opaque, the same for ever."""
    digest = base64.b32encode(index.of("member", identity)).decode().lower()
    return f"m-{digest[:_LETTERS]}"
