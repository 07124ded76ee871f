"""Where a referral stands, for whoever sent it."""

from services.cases.actions.screening import resource
from services.cases.store import referrals
from services.cases.store.referrals import Stored
from services.kit.db import Work
from services.kit.policy import Decision
from services.kit.problem import NotFound


async def status_of(work: Work, reference: str) -> tuple[Stored, Decision]:
    """The referral with a public reference, and the decision that lets the caller see it; NotFound."""
    stored = await referrals.by_reference(work, reference)
    if stored is None:
        raise NotFound
    return stored, work.permit.on(await resource(work, stored))
