"""Proposals to refer a further incident again."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.model.ids import CaseId, PersonId, ReferralId
from services.cases.model.repeats import Earlier, Finding, People, Proposal, ProposalState, Verdict
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.paging import Place

_EARLIER: Final = """
    select r.id, r.referred_on, r.occurred_at, v.person_id as victim, t.person_id as threatening,
        array(select a.meets_on from agenda_item a
              where a.case_id = r.case_id and a.live and a.state = 'discussed') as discussed
    from referral r
    join participation v on v.referral_id = r.id and v.role = 'victim' and v.replaced_in is null
    join participation t on t.referral_id = r.id and t.role = 'threatening-person' and t.replaced_in is null
    where r.case_id = $1 and r.state = 'accepted' order by r.referred_on, r.id
"""
_ADD: Final = """
    insert into repeat_proposal (
        id, case_id, definition, definition_version, earlier_id, counted_from, until, proposed_on
    ) values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_COLUMNS: Final = """
    id, case_id, definition, definition_version, earlier_id, counted_from, until, state, referral_id, reason,
    decided_at, decided_by, version
"""
_ONE: Final = f"select {_COLUMNS} from repeat_proposal where id = $1"  # noqa: S608 - constants
_CASE_OF: Final = "select case_id from repeat_proposal where id = $1"
_LIST: Final = f"""
    select {_COLUMNS}, proposed_on from repeat_proposal where case_id = $1
    and ($2::date is null or (proposed_on, id) < ($2, $3::uuid)) order by proposed_on desc, id desc limit $4
"""  # noqa: S608 - constants
_DECIDE: Final = """
    update repeat_proposal set state = $2, referral_id = $3, reason = $4, decided_at = $5, decided_by = $6,
        version = version + 1
    where id = $1
"""


async def earlier(work: Work, case: CaseId, day: date) -> Sequence[Earlier]:
    """The accepted referrals of a case with their pairs of people; discussions up to a day."""
    return [
        Earlier(
            ReferralId(row["id"]),
            People(PersonId(row["victim"]), PersonId(row["threatening"])),
            row["referred_on"],
            local_date(row["occurred_at"]),
            max((each for each in row["discussed"] if each <= day), default=None),
        )
        for row in await work.fetch(_EARLIER, case)
    ]


async def add(work: Work, incident: UUID, case: CaseId, finding: Finding) -> None:
    """An incident is proposed to be referred again."""
    await work.fetch(
        _ADD,
        incident,
        case,
        finding.definition,
        finding.version,
        finding.earlier,
        finding.counted_from,
        finding.until,
        local_date(work.now),
    )


async def one(work: Work, proposal: UUID) -> Proposal | None:
    """One proposal, by the incident's id."""
    rows = await work.fetch(_ONE, proposal)
    return _proposal(rows[0]) if rows else None


async def case_of(work: Work, proposal: UUID) -> UUID:
    """The case of a proposal; an id of no case for one that is not there."""
    rows = await work.fetch(_CASE_OF, proposal)
    return rows[0]["case_id"] if rows else UUID(int=0)


async def of_case(
    work: Work, case: CaseId, after: Place | None, most: int
) -> Sequence[tuple[date, Proposal]]:
    """The proposals of a case from a place on, the newest first, each with the day of it."""
    day, last = (None, None) if after is None else (after.day, after.id)
    rows = await work.fetch(_LIST, case, day, last, most)
    return [(row["proposed_on"], _proposal(row)) for row in rows]


async def decide(
    work: Work, proposal: UUID, state: ProposalState, *, referral: UUID | None, reason: str | None
) -> None:
    """What became of a proposal."""
    by = work.permit.caller.subject
    await work.fetch(_DECIDE, proposal, state.value, referral, reason, work.now, by)


def _proposal(row: Row) -> Proposal:
    return Proposal(
        id=row["id"],
        case=CaseId(row["case_id"]),
        finding=Finding(
            row["definition"],
            row["definition_version"],
            Verdict.YES,
            ReferralId(row["earlier_id"]),
            row["counted_from"],
            row["until"],
        ),
        state=ProposalState(row["state"]),
        referral=None if row["referral_id"] is None else ReferralId(row["referral_id"]),
        reason=row["reason"],
        decided_at=row["decided_at"],
        decided_by=row["decided_by"],
        version=row["version"],
    )
