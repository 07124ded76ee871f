"""Who was told of a referral, from what each message left behind."""

from collections.abc import Collection, Sequence
from typing import Final

from services.cases.model.ids import CaseId, ReferralId
from services.cases.model.tellings import Telling, TellingKind
from services.kit.db import Work

_NOTICES: Final = """
    select r.sender, e.type, e.occurred_at from event e join referral r on r.case_id = e.stream
    where e.stream = $1 and r.id = $2 and r.sender is not null and e.type = any ($3::text[])
    and e.data ->> 'referralId' = cast(r.id as text)
"""
_CHILDREN: Final = """
    select p.municipality, n.settled_at from child_notice n join participation p on p.id = n.number
    where p.referral_id = $1 and n.state = 'left'
"""
_POLICE: Final = """
    select callouts_at, callouts_state from referral
    where id = $1 and callouts_state in ('known', 'refused')
"""
_SHARES: Final = """
    select party, s.shared_at, s.purpose from share s
    cross join lateral unnest(
        s.recipients || array_remove(array[s.outside_code || '/' || s.outside_system], null)
    ) as party
    where s.case_id = $1
"""
POLICE: Final = "polis"
MUNICIPALITY: Final = "municipality"


async def of_referral(
    work: Work, referral: ReferralId, case: CaseId, notices: Collection[str]
) -> Sequence[Telling]:
    """All of them, the newest first, by four statements; ``notices``: events that a sender is told of."""
    found = [
        Telling(TellingKind.CASE_NOTICE, row["sender"], None, row["occurred_at"], row["type"])
        for row in await work.fetch(_NOTICES, case, referral, list(notices))
    ]
    found += [
        Telling(TellingKind.CHILD_NOTICE, MUNICIPALITY, row["municipality"], row["settled_at"], "left")
        for row in await work.fetch(_CHILDREN, referral)
    ]
    found += [
        Telling(TellingKind.CALL_OUTS, POLICE, None, row["callouts_at"], row["callouts_state"])
        for row in await work.fetch(_POLICE, referral)
    ]
    found += [
        Telling(TellingKind.SHARE, row["party"], None, row["shared_at"], row["purpose"])
        for row in await work.fetch(_SHARES, case)
    ]
    return sorted(found, key=lambda one: (one.at, one.kind, one.to), reverse=True)
