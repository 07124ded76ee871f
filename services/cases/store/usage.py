"""Decisions about what persons see in the Data Tracker: each is a row, the last one holds."""

from collections.abc import Sequence
from typing import Final

from services.cases.model.ids import CaseId, PersonId
from services.cases.model.usage import UsageDecision, UsageState
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.paging import Place

_COLUMNS: Final = "id, case_id, person_id, state, reason, decided_at, decided_by, subject, handle"
_KEEP: Final = f"""
    insert into usage_decision ({_COLUMNS}, place)
    select $1, $2, $3, $4, $5, $6, $7, $8, $9,
        1 + coalesce((select max(place) from usage_decision where case_id = $2), 0)
"""  # noqa: S608 - constants
_LAST: Final = """
    select state from usage_decision where case_id = $1 and person_id = $2 order by place desc limit 1
"""
_LIST: Final = f"""
    select {_COLUMNS} from usage_decision where case_id = $1
    and ($2::uuid is null or place < (select place from usage_decision where id = $2 and case_id = $1))
    order by place desc limit $3
"""  # noqa: S608 - constants


async def keep(work: Work, one: UsageDecision) -> None:
    """Writes a decision about a case that is held: they are numbered in their order."""
    await work.fetch(
        _KEEP,
        *(one.id, one.case, one.person, one.state.value, one.reason, one.decided_at, one.decided_by),
        *(one.subject, one.handle),
    )


async def last(work: Work, case: CaseId, person: PersonId) -> UsageState:
    """What holds about a person; without a decision it is withheld."""
    rows = await work.fetch(_LAST, case, person)
    return UsageState(rows[0]["state"]) if rows else UsageState.WITHHELD


async def of_case(work: Work, case: CaseId, before: Place | None, most: int) -> Sequence[UsageDecision]:
    """The decisions of a case from a place on, the newest first."""
    rows = await work.fetch(_LIST, case, None if before is None else before.id, most)
    return [_decision(row) for row in rows]


def _decision(row: Row) -> UsageDecision:
    return UsageDecision(
        id=row["id"],
        case=CaseId(row["case_id"]),
        person=PersonId(row["person_id"]),
        state=UsageState(row["state"]),
        reason=row["reason"],
        decided_at=row["decided_at"],
        decided_by=row["decided_by"],
        subject=bytes(row["subject"]),
        handle=row["handle"],
    )
