"""A case held for work, and the steps that the things of a case have taken."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from services.cases.model.dossiers import ListedCase
from services.cases.model.ids import CaseId
from services.cases.model.lifecycle import Step, TakenStep
from services.cases.store.dossiers import AGENCIES
from services.cases.store.listing import listed_case
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.paging import Place
from services.kit.sealed import DataKey, KeyRing

_SEEN: Final = f"""
    select c.id, c.region, c.state, c.opened_on, c.version, c.case_type, c.key_id, k.wrapped,
        {AGENCIES.format(case="c.id")}
    from marac_case c join data_key k on k.id = c.key_id and k.wrapped is not null
    join stream s on s.id = c.id where c.id = $1
"""  # noqa: S608 - constants
_HELD: Final = f"{_SEEN} for no key update of s"
_MOVE: Final = "update marac_case set state = $2, version = version + 1 where id = $1"
_STEP: Final = """
    insert into case_step
        (id, case_id, number, machine, object_id, action, from_state, to_state, reason, taken_by, taken_at)
    select $1, $2, 1 + coalesce((select max(number) from case_step where case_id = $2), 0),
        $3, $4, $5, $6, $7, $8, $9, $10
"""
_EACH_STEP: Final = """
    insert into case_step
        (id, case_id, number, machine, object_id, action, from_state, to_state, reason, taken_by, taken_at)
    select t.id, $1, t.place + coalesce((select max(number) from case_step where case_id = $1), 0),
        t.machine, t.object_id, t.action, t.from_state, t.to_state, t.reason, $2, $3
    from unnest($4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::text[], $9::text[], $10::text[])
        with ordinality as t (id, machine, object_id, action, from_state, to_state, reason, place)
"""
_STEPS: Final = """
    select id, case_id, machine, object_id, action, from_state, to_state, reason, taken_by, taken_at
    from case_step where case_id = $1
    and ($2::uuid is null or number < (select number from case_step where id = $2 and case_id = $1))
    order by number desc limit $3
"""


@dataclass(frozen=True, slots=True)
class KeptCase:
    """A case that somebody works on, with its key."""

    case: ListedCase
    key: DataKey = field(repr=False)


async def seen(work: Work, ring: KeyRing, case_id: UUID) -> KeptCase | None:
    """One case with its key; row-level security has its say, and what is erased is not found."""
    return _kept(await work.fetch(_SEEN, case_id), ring)


async def held(work: Work, ring: KeyRing, case_id: UUID) -> KeptCase | None:
    """The same, and nobody else writes about the case until this transaction ends."""
    return _kept(await work.fetch(_HELD, case_id), ring)


def _kept(rows: Sequence[Row], ring: KeyRing) -> KeptCase | None:
    if not rows:
        return None
    row = rows[0]
    return KeptCase(listed_case(row), ring.unwrap(row["key_id"], row["wrapped"]))


async def move(work: Work, case: CaseId, state: str) -> None:
    """A case that is held goes to another state."""
    await work.fetch(_MOVE, case, state)


async def take_step(work: Work, case: CaseId, step: Step) -> None:
    """Keeps a step for the history of a case that is held: its steps are numbered in their order."""
    await work.fetch(
        _STEP,
        new_id(),
        case,
        step.machine,
        step.object_id,
        step.action,
        step.source,
        step.target,
        step.reason,
        work.permit.caller.subject,
        work.now,
    )


async def take_steps(work: Work, case: CaseId, steps: Sequence[Step]) -> None:
    """Keeps several steps by one statement, in their order."""
    await work.fetch(
        _EACH_STEP,
        case,
        work.permit.caller.subject,
        work.now,
        [new_id() for _ in steps],
        [step.machine for step in steps],
        [step.object_id for step in steps],
        [step.action for step in steps],
        [step.source for step in steps],
        [step.target for step in steps],
        [step.reason for step in steps],
    )


async def steps(work: Work, case: CaseId, before: Place | None, most: int) -> Sequence[TakenStep]:
    """The steps of a case from a place on, the newest first."""
    last = None if before is None else before.id
    return [_taken(row) for row in await work.fetch(_STEPS, case, last, most)]


def _taken(row: Row) -> TakenStep:
    step = Step(
        row["machine"], row["object_id"], row["action"], row["from_state"], row["to_state"], row["reason"]
    )
    return TakenStep(row["id"], CaseId(row["case_id"]), step, row["taken_by"], row["taken_at"])
