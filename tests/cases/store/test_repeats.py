"""Earlier referrals of the same people are found by an index, however many there are."""

from typing import Any

import pytest
from sqlalchemy import text

from services.cases.store import flags, repeats

STATEMENTS = {
    "earlier": (repeats._EARLIER, {"ids": []}),
    "again": (repeats._AGAIN, {"ids": []}),
    "flag": (flags._VICTIM, {"code": b"-"}),
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_who_it_is_leads_to_the_rows(world: Any, name: str) -> None:
    """Where the planner may choose, it reads no table of parts as a whole: with a million this must hold."""
    statement, values = STATEMENTS[name]
    permit = world.permit_of("coordinator", "list_cases", region="polva")
    async with world.work(permit) as work:
        await work.conn.execute(text("set local enable_seqscan = off"))
        rows = await work.conn.execute(text(f"explain {statement.text}"), values)
        plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan on participation" not in plan
    assert "participation_person_id_idx" in plan
