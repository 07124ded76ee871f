"""Incidents that agencies report: in which of the victim's cases they fall, and that they are here."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.cases.model.ids import CaseId
from services.cases.model.reported import Candidate, Report
from services.kit.db import Work
from services.kit.ids import new_id

#: The pair is looked at once for each case, and the case's people by their ids.
_CANDIDATES: Final = """
    with her as materialized (
        select id from ids_of(array(
            select person_id from person_index where kind = 'personal-code' and value = $1
        ))
    ), them as materialized (
        select id from ids_of(array(
            select person_id from person_index where kind = 'personal-code' and value = any ($2)
        ))
    ), hers as (
        select c.id, c.state, max(r.referred_on) as referred_on
        from her join participation p on p.person_id = her.id and p.role = 'victim' and p.replaced_in is null
        join referral r on r.id = p.referral_id and r.state = 'accepted'
        join marac_case c on c.id = r.case_id join data_key k on k.id = c.key_id and k.wrapped is not null
        group by c.id, c.state
    )
    select h.id, h.state, h.referred_on, coalesce(t.same, false) as same_pair,
        coalesce(not t.same and t.coded, false) as other_pair
    from hers h left join lateral (
        select bool_or(p.person_id in (select id from them)) as same,
            bool_and(exists (
                select from person_index i where i.person_id = p.person_id and i.kind = 'personal-code'
            )) as coded
        from referral r join participation p on p.referral_id = r.id and p.role = 'threatening-person'
            and p.replaced_in is null
        where r.case_id = h.id and r.state = 'accepted'
    ) t on cardinality($2::bytea[]) > 0
"""
_KNOWN: Final = """
    select reference, digest from reported_incident
    where (sender = $1 and sender_reference = $2) or reference = $3
"""
_KEEP: Final = """
    insert into reported_incident (
        id, reference, sender, sender_reference, digest, occurred_at, received_at, case_id, incident_id
    ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict do nothing returning id
"""


async def candidates(work: Work, victim: bytes, threatening: Sequence[bytes]) -> Sequence[Candidate]:
    """The cases of a victim, by the blind indexes of the codes."""
    return [
        Candidate(CaseId(row["id"]), row["state"], row["referred_on"], row["same_pair"], row["other_pair"])
        for row in await work.fetch(_CANDIDATES, victim, list(threatening))
    ]


async def known(work: Work, report: Report) -> tuple[str, bytes] | None:
    """Reference and digest of what is here under the sender's reference, or under ours."""
    sender = report.sender
    rows = await work.fetch(_KNOWN, sender.client, sender.reference, report.reference)
    return (rows[0]["reference"], bytes(rows[0]["digest"])) if rows else None


async def keep(
    work: Work, report: Report, digest: bytes, case: CaseId | None, incident: UUID | None
) -> UUID | None:
    """That it was reported, with no word of what; None when somebody else has just kept it."""
    row, sender = new_id(), report.sender
    kept = await work.fetch(
        _KEEP,
        *(row, report.reference, sender.client, sender.reference, digest),
        *(report.occurred_at, work.now, case, incident),
    )
    return row if kept else None
