"""Accesses to a case: rows of the audit log, found by the handle of the case."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from services.cases.model.accesses import Access, Thing, ThingKind
from services.cases.model.ids import CaseId
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.paging import Moment

_OF_CASE: Final = """
    select a.id, a.recorded_at, a.actor, a.actor_kind, a.service, a.role, a.attributes, a.purpose, a.basis,
        a.operation, a.action, a.objects, a.fields, a.rule_id, a.client, a.request_id
    from audit a
    where a.objects @> array[$1::text] and ($2::text is null or a.actor = $2)
      and ($3::timestamptz is null or (a.recorded_at, a.id) < ($3, $4))
    order by a.recorded_at desc, a.id desc limit $5
"""
_THINGS: Final = """
    select 'referral' as kind, r.id from referral r where r.case_id = $1
    union select 'person', p.person_id from participation p join referral r on r.id = p.referral_id
    where r.case_id = $1
"""


async def things(work: Work, case: CaseId) -> Sequence[Thing]:
    """What a case consists of, the case first."""
    rows = await work.fetch(_THINGS, case)
    return [Thing(ThingKind.CASE, case), *(Thing(ThingKind(row["kind"]), row["id"]) for row in rows)]


async def of_case(  # noqa: PLR0913 - what a list can be asked
    work: Work, case: CaseId, of: Sequence[Thing], *, by: str | None, before: Moment | None, most: int
) -> Sequence[Access]:
    """The accesses to a case from a moment back, the newest first; handles get their meaning from ``of``."""
    at, last = (None, None) if before is None else (before.at, before.id)
    known = {work.handle(thing.id): thing for thing in of}
    rows = await work.fetch(_OF_CASE, work.handle(case), by, at, last, most)
    return [_access(row, known) for row in rows]


def _access(row: Row, known: Mapping[str, Thing]) -> Access:
    return Access(
        id=UUID(str(row["id"])),
        at=row["recorded_at"],
        by=row["actor"],
        kind=row["actor_kind"],
        service=row["service"],
        roles=[role for role in row["role"].split("+") if role],
        attributes=row["attributes"],
        purpose=row["purpose"],
        basis=row["basis"],
        operation=row["operation"],
        action=row["action"],
        fields=row["fields"],
        rules=(row["rule_id"] or "").split("+") if row["rule_id"] else [],
        client=row["client"],
        request_id=row["request_id"],
        about=[known[handle] for handle in row["objects"] if handle in known],
    )
