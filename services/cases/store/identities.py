"""Whom members are, blind: so that nobody works on a case of their own."""

from typing import Final

from services.kit.db import Work

_NOTE: Final = """
    insert into member_identity (subject, code, noted_at) values ($1, $2, $3) on conflict (subject) do nothing
"""


async def note(work: Work, subject: str, code: bytes) -> None:
    """Keeps the blind index of a member's personal code; what is known stays."""
    await work.fetch(_NOTE, subject, code, work.now)
