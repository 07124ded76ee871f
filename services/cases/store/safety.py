"""Safety plans: readable states and days, sealed words; every change keeps what it replaces."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.cases.model.codes import Role
from services.cases.model.ids import CaseId
from services.cases.model.safety import Replaced, SafetyPlan, SafetyState, Texts, Written
from services.cases.store import contents
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.paging import Place
from services.kit.sealed import Aad, DataKey

_COLUMNS: Final = (
    "id, case_id, part_id, state, agreed_on, agreed_version, review_on, reason, version, content_version, "
    "changed_at, changed_by, sealed"
)
_CASE_OF: Final = "select case_id from safety_plan where id = $1"
_ONE: Final = f"select {_COLUMNS} from safety_plan where id = $1"  # noqa: S608 - constants
_OF_CASE: Final = f"""
    select {_COLUMNS} from safety_plan where case_id = $1
    order by state = 'ended', part_id nulls first, id limit 100
"""  # noqa: S608 - constants
_MAKE: Final = f"""
    insert into safety_plan ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    on conflict do nothing returning id
"""  # noqa: S608 - constants
_KEEP: Final = f"""
    insert into safety_plan_version (version_id, {_COLUMNS}, replaced_at, replaced_by)
    select $2, {_COLUMNS}, $3, $4 from safety_plan where id = $1
"""  # noqa: S608 - constants
_CHANGE: Final = """
    update safety_plan set state = $2, agreed_on = $3, agreed_version = $4, review_on = $5, reason = $6,
        version = $7, content_version = $8, changed_at = $9, changed_by = $10, sealed = coalesce($11, sealed)
    where id = $1
"""
_EARLIER: Final = f"""
    select version_id, {_COLUMNS}, replaced_at, replaced_by from safety_plan_version where id = $1
    and ($2::uuid is null or version < (
        select version from safety_plan_version where version_id = $2 and id = $1
    ))
    order by version desc limit $3
"""  # noqa: S608 - constants
_ROLE: Final = "select role from participation where id = $1 and case_id = $2 and replaced_in is null"


async def case_of(work: Work, plan_id: UUID) -> CaseId | None:
    """The case of a plan; row-level security has its say."""
    rows = await work.fetch(_CASE_OF, plan_id)
    return CaseId(rows[0]["case_id"]) if rows else None


async def role_of(work: Work, case: CaseId, part: UUID) -> Role | None:
    """What somebody is in a case; None for who has no part in it."""
    rows = await work.fetch(_ROLE, part, case)
    return Role(rows[0]["role"]) if rows else None


async def one(work: Work, plan_id: UUID, key: DataKey) -> Written | None:
    """A plan with its words."""
    rows = await work.fetch(_ONE, plan_id)
    return _written(rows[0], key) if rows else None


async def of_case(work: Work, case: CaseId, key: DataKey) -> Sequence[Written]:
    """The plans of a case, those that are followed first."""
    return [_written(row, key) for row in await work.fetch(_OF_CASE, case)]


async def make(work: Work, written: Written, key: DataKey) -> bool:
    """Writes a new plan; False when there is one for the same person."""
    plan = written.plan
    row = (
        *(plan.id, plan.case, plan.part, plan.state.value, plan.agreed_on, plan.agreed_version),
        *(plan.review_on, plan.reason, plan.version, plan.content_version, plan.changed_at),
        *(plan.changed_by, _sealed(plan, written.texts, key)),
    )
    return bool(await work.fetch(_MAKE, *row))


async def change(work: Work, plan: SafetyPlan, texts: Texts | None, key: DataKey) -> None:
    """Writes a plan of a held case as it is now, and keeps what it was."""
    who = work.permit.caller.subject
    await work.fetch(_KEEP, plan.id, new_id(), work.now, who)
    sealed = None if texts is None else _sealed(plan, texts, key)
    now = (
        *(plan.id, plan.state.value, plan.agreed_on, plan.agreed_version, plan.review_on, plan.reason),
        *(plan.version, plan.content_version, work.now, who, sealed),
    )
    await work.fetch(_CHANGE, *now)


async def earlier(
    work: Work, plan_id: UUID, before: Place | None, most: int, key: DataKey
) -> Sequence[Replaced]:
    """What a plan was, the newest first."""
    last = None if before is None else before.id
    rows = await work.fetch(_EARLIER, plan_id, last, most)
    return [
        Replaced(row["version_id"], _written(row, key), row["replaced_at"], row["replaced_by"])
        for row in rows
    ]


def place(row: UUID, version: int) -> Aad:
    """The words of a plan."""
    return Aad("safety_plan", "sealed", row, version)


def _sealed(plan: SafetyPlan, texts: Texts, key: DataKey) -> bytes:
    return contents.sealed(key, {"sections": dict(texts)}, place(plan.id, plan.content_version))


def _written(row: Row, key: DataKey) -> Written:
    plan = SafetyPlan(
        id=row["id"],
        case=CaseId(row["case_id"]),
        part=row["part_id"],
        state=SafetyState(row["state"]),
        agreed_on=row["agreed_on"],
        agreed_version=row["agreed_version"],
        review_on=row["review_on"],
        reason=row["reason"],
        version=row["version"],
        content_version=row["content_version"],
        changed_at=row["changed_at"],
        changed_by=row["changed_by"],
    )
    return Written(
        plan, contents.opened(key, row["sealed"], place(plan.id, plan.content_version))["sections"]
    )
