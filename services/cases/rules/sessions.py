"""What a login is: the beginning of a session, its renewal, or the shadow of one that has ended."""

from collections.abc import Sequence
from datetime import datetime

from services.cases.model.sessions import LoggedIn, SessionRecord


class LoginSpent(Exception):  # noqa: N818 - a verdict, told to the caller as Unauthenticated
    """The login was used for a session that has ended, or is older than the end of the issuer's session."""


def renewed(login: LoggedIn, known: Sequence[SessionRecord], now: datetime) -> SessionRecord | None:
    """The open session that the login goes on with, None for a new one; LoginSpent.

    ``known`` are the subject's sessions of this very login, or of the same session at the issuer. An issuer
    whose own session goes on may log the member in again after a logout with us, by a later token.
    """
    for one in known:
        if one.is_open(now):
            return one
    for one in known:
        ended = one.ended_at or one.ends_at
        if one.login == login.login or login.issued_at <= ended.replace(microsecond=0):
            raise LoginSpent
    return None
