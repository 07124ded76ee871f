"""Sessions, and what issuers have said about the end of theirs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.cases.model.sessions import LoggedIn, SessionEnd, SessionRecord
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.paging import Place

_COLUMNS: Final = """
    select id, login, login_at, opened_at, authenticated_at, acr, ends_at, ended_at, end_reason
    from member_session
"""
_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('member_session ' || $1, 0))"
_KNOWN: Final = f"""
    {_COLUMNS} where subject = $1 and (login = $2 or issuer_session = $3) order by opened_at desc, id desc
"""
# by the clock of the issuer, in seconds: a login in the very second of a logout may be older than it
_ENDED: Final = """
    select 1 from issuer_logout where issued_at >= $3 and (subject is null or subject = $1)
    and (issuer_session is null or issuer_session = $2) limit 1
"""
_OPEN: Final = """
    insert into member_session (id, subject, issuer_session, login, login_at, opened_at, opened_on,
        authenticated_at, acr, ends_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_RENEW: Final = """
    update member_session set authenticated_at = $2, ends_at = $3, login = $4, login_at = $5 where id = $1
"""
_PAGE: Final = f"""
    {_COLUMNS} where subject = $1 and ($2::date is null or (opened_on, id) < ($2, $3))
    order by opened_on desc, id desc limit $4
"""
_END: Final = """
    update member_session set ended_at = $3, end_reason = 'logout'
    where id = $1 and subject = $2 and ended_at is null and ends_at > $3 returning id
"""
_END_OF_ISSUER: Final = """
    update member_session set ended_at = $3, end_reason = 'back-channel'
    where ($1::text is null or subject = $1) and ($2::bytea is null or issuer_session = $2)
    and ended_at is null and login_at <= $4
"""
_HEARD: Final = """
    insert into issuer_logout (token, subject, issuer_session, issued_at, heard_at)
    values ($1, $2, $3, $4, $5) on conflict (token) do nothing returning token
"""
_FORGET: Final = """
    delete from issuer_logout where token in (
        select token from issuer_logout where heard_at < $1 limit 20 for update skip locked
    )
"""
_KEPT: Final = timedelta(days=1)  # far longer than any token of an issuer is good for


async def known(work: Work, login: LoggedIn) -> Sequence[SessionRecord]:
    """The member's sessions of this login or of the same issuer's session; the member's logins wait."""
    await work.fetch(_LOCK, login.subject)
    return [
        _record(row) for row in await work.fetch(_KNOWN, login.subject, login.login, login.issuer_session)
    ]


async def ended_by_issuer(work: Work, login: LoggedIn) -> bool:
    """Whether the issuer has ended the session of this login, or all of the member's, since the login."""
    return bool(await work.fetch(_ENDED, login.subject, login.issuer_session, login.issued_at))


async def begin(work: Work, login: LoggedIn, ends_at: datetime, place: Place) -> None:
    """Writes a new session; its id and day are ``place``."""
    await work.fetch(
        _OPEN,
        place.id,
        login.subject,
        login.issuer_session,
        login.login,
        login.issued_at,
        work.now,
        place.day,
        login.authenticated_at,
        login.acr,
        ends_at,
    )


async def renew(work: Work, session: SessionRecord, login: LoggedIn, ends_at: datetime) -> None:
    """Writes that the member has logged in again within a session."""
    await work.fetch(
        _RENEW,
        session.id,
        login.authenticated_at,
        ends_at,
        login.login,
        max(login.issued_at, session.login_at),
    )


async def page(work: Work, subject: str, after: Place | None, most: int) -> Sequence[SessionRecord]:
    """A member's sessions from a place on, the latest first."""
    day, last = (None, None) if after is None else (after.day, after.id)
    return [_record(row) for row in await work.fetch(_PAGE, subject, day, last, most)]


async def end(work: Work, subject: str, session: UUID) -> bool:
    """Ends a member's session; False when there is none that is open."""
    return bool(await work.fetch(_END, session, subject, work.now))


async def end_of_issuer(
    work: Work, token: bytes, subject: str | None, issuer_session: bytes | None, issued_at: datetime
) -> bool:
    """Ends what the issuer says has ended, and remembers the token; False when it was heard before."""
    if not await work.fetch(_HEARD, token, subject, issuer_session, issued_at, work.now):
        return False
    if subject is not None:
        await work.fetch(_LOCK, subject)
    await work.fetch(_END_OF_ISSUER, subject, issuer_session, work.now, issued_at)
    await work.fetch(_FORGET, work.now - _KEPT)
    return True


def _record(row: Row) -> SessionRecord:
    reason = row["end_reason"]
    return SessionRecord(
        id=row["id"],
        login=bytes(row["login"]),
        login_at=row["login_at"],
        opened_at=row["opened_at"],
        authenticated_at=row["authenticated_at"],
        acr=row["acr"],
        ends_at=row["ends_at"],
        ended_at=row["ended_at"],
        end=None if reason is None else SessionEnd(reason),
    )
