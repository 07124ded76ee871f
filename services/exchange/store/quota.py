"""How many flags a client has asked for on a day: counted under a lock of its row, never beyond the most."""

from datetime import date
from typing import Final

from services.kit.db import Work

_TAKE: Final = """
    insert into flag_count as counted (client, day, asked) values ($1, $2, 1)
    on conflict (client, day) do update set asked = counted.asked + 1 where counted.asked < $3
    returning asked
"""
_GIVE_BACK: Final = "update flag_count set asked = asked - 1 where client = $1 and day = $2 and asked > 0"


async def take(work: Work, client: str, day: date, most: int) -> bool:
    """Counts one question more; False, and nothing is counted, when there were ``most`` on this day."""
    return bool(await work.fetch(_TAKE, client, day, most))


async def give_back(work: Work, client: str, day: date) -> None:
    """One question less: it could not be answered."""
    await work.fetch(_GIVE_BACK, client, day)
