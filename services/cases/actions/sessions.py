"""A login at the OIDC issuer becomes our access token; the issuer's subject never leaves this file."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar
from uuid import UUID

from services.cases.model.problems import LoginUnavailable, LogoutRefused
from services.cases.model.sessions import LoggedIn, SessionRecord
from services.cases.rules.sessions import LoginSpent, renewed
from services.cases.store import identities, sessions
from services.cases.store.people import CODE
from services.kit import personal_code
from services.kit.calendar import local_date
from services.kit.db import Database, Work
from services.kit.ids import new_id
from services.kit.paging import Page, Place, page_of
from services.kit.personal_code import PersonalCode, PersonalCodeError
from services.kit.policy import Caller, Decision, Permit, Policy
from services.kit.problem import NotFound, Unauthenticated
from services.kit.sealed import BlindIndex
from services.kit.tokens import AccessTokenIssuer, OidcIdTokenVerifier, OidcLogoutVerifier
from services.kit.tokens.signing import Session

_LETTERS = 26  # of base32: 130 bits
ESTONIA = "EE"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, whose it is, within which session, and its life in seconds."""

    text: str
    subject: str
    session: UUID
    seconds: int


Answer: TypeAlias = Callable[[Work, Token, Decision], T]


@dataclass(frozen=True, slots=True)
class Logins:
    """What the OIDC issuer says: who logged in, and whose session of its own has ended."""

    id_tokens: OidcIdTokenVerifier
    logout_tokens: OidcLogoutVerifier


@dataclass(frozen=True, slots=True)
class Sessions:
    """Opens and ends sessions; ``logins`` is None where no issuer is set."""

    database: Database
    policy: Policy
    logins: Logins | None
    issuer: AccessTokenIssuer
    index: BlindIndex
    longest: timedelta

    async def open(self, id_token: str, nonce: str, request_id: str, answer: Answer[T]) -> T:
        """The answer made of our token for who logged in.

        The subject of TARA holds a personal code, so ours is a keyed digest of it. A member without
        appointments gets a token too: it opens nothing. Raises Unauthenticated when the ID token is not good,
        or of a session that has ended; LoginUnavailable without an issuer, UpstreamUnavailable when its keys
        cannot be fetched.
        """
        if self.logins is None:
            raise LoginUnavailable
        said = await self.logins.id_tokens.verify(id_token, nonce)
        login = LoggedIn(
            subject=member_subject(self.index, said.subject),
            issuer_session=self._name(said.session),
            login=said.digest,
            issued_at=said.issued_at,
            authenticated_at=said.authenticated_at,
            acr=said.acr,
        )
        permit = self._permit("create_session")
        async with self.database.work(permit, request_id) as work:
            session, ends_at = await self._session(work, login)
            if (code := code_of(said.subject)) is not None:
                await identities.note(work, login.subject, self.index.of(CODE, code.value))
            seconds = min(self.issuer.lifetime, int((ends_at - work.now).total_seconds()))
            text = self.issuer.issue(login.subject, session, seconds)
            return answer(work, Token(text, login.subject, session.id, seconds), permit.on({}))

    async def logout(self, logout_token: str, request_id: str) -> None:
        """The issuer says that a session of its own has ended: ours end with it, from now on.

        Raises LogoutRefused when the token is not good, or was heard before.
        """
        if self.logins is None:
            raise LoginUnavailable
        said = await self.logins.logout_tokens.verify(logout_token)
        if said is None:
            raise LogoutRefused
        subject = None if said.subject is None else member_subject(self.index, said.subject)
        permit = self._permit("receive_logout")
        async with self.database.work(permit, request_id) as work:
            session = self._name(said.session)
            if not await sessions.end_of_issuer(work, said.digest, subject, session, said.issued_at):
                raise LogoutRefused
            named = [one for one in (subject, None if session is None else session.hex()) if one is not None]
            work.audit("update", named, ["technical"], permit.on({}))

    async def page(self, work: Work, after: Place | None, most: int) -> tuple[Decision, Page[SessionRecord]]:
        """The caller's own sessions, the latest first."""
        subject = work.permit.caller.subject
        decision = work.permit.on({"member": subject})
        rows = await sessions.page(work, subject, after, most + 1)
        return decision, page_of(rows, most, lambda row: Place(local_date(row.opened_at), row.id))

    async def end(self, work: Work, session: UUID) -> None:
        """The caller logs out of an own session; NotFound when it is not open, or not one's own."""
        subject = work.permit.caller.subject
        decision = work.permit.on({"member": subject})
        if not await sessions.end(work, subject, session):
            raise NotFound
        work.audit("update", [session], ["basic"], decision)

    async def _session(self, work: Work, login: LoggedIn) -> tuple[Session, datetime]:
        """The session that a login begins or goes on with, and its end; Unauthenticated."""
        ends_at = login.authenticated_at + self.longest
        try:
            found = renewed(login, await sessions.known(work, login), work.now)
        except LoginSpent:
            raise Unauthenticated from None
        if ends_at <= work.now or await sessions.ended_by_issuer(work, login):
            raise Unauthenticated
        if found is not None:
            ends_at = max(ends_at, found.ends_at)
            moment = max(login.authenticated_at, found.authenticated_at)
            await sessions.renew(work, found, replace(login, authenticated_at=moment), ends_at)
            return Session(found.id, moment), ends_at
        place = Place(local_date(work.now), new_id())
        await sessions.begin(work, login, ends_at, place)
        return Session(place.id, login.authenticated_at), ends_at

    def _name(self, session: str | None) -> bytes | None:
        """The issuer's name of a session, keyed."""
        return None if session is None else self.index.of("issuer-session", session)

    def _permit(self, operation: str) -> Permit:
        return self.policy.permit(Caller.system("service:cases", "cases"), operation, "accountability")


def code_of(identity: str) -> PersonalCode | None:
    """The Estonian personal code in an identity; None for those of other countries."""
    if not identity.startswith(ESTONIA):
        return None
    try:
        return personal_code.parse(identity.removeprefix(ESTONIA))
    except PersonalCodeError:
        return None


def member_subject(index: BlindIndex, identity: str) -> str:
    """What tokens call the holder of an identity such as ``EE60001019906``: opaque, the same for ever."""
    digest = base64.b32encode(index.of("member", identity)).decode().lower()
    return f"m-{digest[:_LETTERS]}"
