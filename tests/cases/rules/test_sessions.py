"""A login begins a session or goes on with one; what has ended is not opened by an older login."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.cases.model.sessions import LoggedIn, SessionEnd, SessionRecord
from services.cases.rules.sessions import LoginSpent, renewed

NOW = datetime(2017, 5, 4, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINE, OTHER = b"1" * 32, b"2" * 32


def login(issued: datetime = NOW, digest: bytes = MINE) -> LoggedIn:
    return LoggedIn("m-1", b"s" * 32, digest, issued, issued, "high")


def session(
    ended: datetime | None = None, ends: datetime = NOW + 60 * SECOND, digest: bytes = OTHER
) -> SessionRecord:
    end = None if ended is None else SessionEnd.LOGOUT
    began = NOW - 600 * SECOND
    return SessionRecord(UUID(int=1), digest, began, began, began, "high", ends, ended, end)


def test_a_login_that_is_known_to_no_session_begins_one() -> None:
    assert renewed(login(), [], NOW) is None


@pytest.mark.parametrize("digest", [MINE, OTHER])
def test_a_login_of_an_open_session_goes_on_with_it(digest: bytes) -> None:
    found = session(digest=digest)
    assert renewed(login(), [session(ended=NOW - SECOND), found], NOW) is found


@pytest.mark.parametrize(
    "known",
    [
        session(ended=NOW - SECOND, digest=MINE),  # this very login
        session(ends=NOW, digest=MINE),
        session(ended=NOW),  # the login is not later than the end
        session(ended=NOW + timedelta(milliseconds=400)),
        session(ends=NOW),
    ],
)
def test_a_login_older_than_the_end_opens_nothing(known: SessionRecord) -> None:
    with pytest.raises(LoginSpent):
        renewed(login(), [known], NOW + SECOND)


def test_a_later_login_of_the_issuers_session_begins_anew_after_a_logout() -> None:
    assert renewed(login(NOW + SECOND), [session(ended=NOW)], NOW + 2 * SECOND) is None
