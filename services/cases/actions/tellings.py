"""Who was told of a referral: read together from what each message left behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.cases.catalog import Catalog
from services.cases.model.ids import CaseId, ReferralId
from services.cases.model.tellings import Telling
from services.cases.store import dossiers
from services.cases.store import tellings as store
from services.kit.db import Work
from services.kit.policy import Decision
from services.kit.problem import NotFound


@dataclass(frozen=True, slots=True)
class Listed:
    """Who was told, and the decision that shows it."""

    items: Sequence[Telling]
    decision: Decision
    objects: Sequence[UUID]


async def of_referral(work: Work, referral_id: UUID, catalog: Catalog) -> Listed:
    """Of one referral; NotFound as for the referral itself, by the same statements."""
    kept = await dossiers.referral(work, referral_id)
    case = CaseId(UUID(int=0)) if kept is None else kept.referral.case
    found = await store.of_referral(work, ReferralId(referral_id), case, catalog.notices.keys())
    if kept is None:
        raise NotFound
    decision = work.permit.on(kept.referral.reach.resource())
    return Listed(found, decision, [kept.referral.id, kept.referral.case])
