import contextlib
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.kit.db import Database
from services.kit.policy import Decision

INSERT = text("insert into note values (gen_random_uuid(), :region, :words)")


async def test_a_work_commits_its_change_with_its_row(database: Database, kit: Any, owner: Any) -> None:
    async with database.work(kit.permit(), kit.request) as work:
        await work.conn.execute(INSERT, {"region": "polva", "words": "x"})
        work.audit("create", ["note-1", "note-2"], ["identity", "basic"], basis="VOS-12")
        work.audit("send", ["note-1"], client="ee-dev/GOV/70008747/polis")
        assert work.now == kit.now
    rows = await owner.fetch("select * from audit order by action")
    assert [(row["action"], row["basis"], row["client"]) for row in rows] == [
        ("create", "VOS-12", None),
        ("send", None, "ee-dev/GOV/70008747/polis"),
    ]
    row = rows[0]
    assert (row["actor"], row["actor_kind"], row["role"]) == ("member-1", "member", "coordinator")
    assert (row["attributes"], row["purpose"], row["operation"]) == (
        ["region=polva"],
        "case-work",
        "write_note",
    )
    assert (row["fields"], row["rule_id"]) == (["basic", "identity"], "notes-of-the-region")
    assert (row["decision"], row["request_id"], len(row["objects"])) == ("allow", kit.request, 2)


async def test_a_swallowed_error_cannot_pass_for_a_commit(database: Database, kit: Any) -> None:
    async def swallow(*audited: str) -> None:
        async with database.work(kit.permit(), kit.request) as work:
            for action in audited:
                work.audit(action, ["note-1"])  # type: ignore[arg-type] # it is one
            with contextlib.suppress(IntegrityError):
                await work.conn.execute(INSERT, {"region": "polva", "words": None})

    for audited in ([], ["create"]):
        with pytest.raises(asyncpg.InFailedSQLTransactionError, match="current transaction is aborted"):
            await swallow(*audited)


async def test_a_row_names_the_rules_of_the_decisions(database: Database, kit: Any, owner: Any) -> None:
    allowed = [Decision(rule, frozenset({"basic"})) for rule in ("rule-1", "rule-2", "rule-1")]
    async with database.work(kit.permit(), kit.request) as work:
        work.audit("read", [], (), allowed)
        work.audit("update", [], (), allowed[1])
        work.audit("create", [], (), [])
    rows = await owner.fetch("select action, rule_id from audit")
    assert {row["action"]: row["rule_id"] for row in rows} == {
        "read": "rule-1+rule-2",
        "update": "rule-2",
        "create": "notes-of-the-region",
    }


async def test_rows_are_written_with_the_commit_not_before(database: Database, kit: Any, owner: Any) -> None:
    async with database.work(kit.permit(), kit.request) as work:
        work.audit("read", ["a"])
        assert (await work.conn.execute(text("select count(*) from audit"))).scalar_one() == 0
    assert await owner.fetchval("select count(*) from audit") == 1
