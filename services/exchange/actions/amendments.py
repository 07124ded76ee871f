"""What a sender does about a referral that it has sent: in order behind it, and durable like it.

What waits for the register is not overtaken: as long as something of the same referral is not in the
register, the sender is answered *received*, and the worker hands over one after the other.
"""

from dataclasses import replace

from services.exchange.actions.intake import Intake
from services.exchange.model.inbox import Receipt, Submission
from services.exchange.model.problems import ReferralUnknown
from services.exchange.model.referral import Referral
from services.exchange.rules import amendment
from services.exchange.store import inbox
from services.kit.db import Database
from services.kit.policy import Permit


class Amendments:
    """Takes what X-Road clients do about their referrals."""

    def __init__(self, database: Database, intake: Intake) -> None:
        self._database, self._intake = database, intake

    async def correct(
        self, permit: Permit, submission: Submission, referral: Referral, request_id: str
    ) -> Receipt:
        """:meth:`take` for a new version of a referral; raises ReferralInvalid when it breaks a rule."""
        self._intake.check(referral)
        return await self.take(permit, submission, request_id)

    async def take(self, permit: Permit, submission: Submission, request_id: str) -> Receipt:
        """Stores it and has it done; the receipt says how the referral stands.

        The same message again gives the same answer and no second effect. Raises ReferralUnknown,
        ReferralVersionUnexpected, and what :meth:`Intake.submit` raises.
        """
        client = permit.caller.subject
        async with self._database.work(permit, request_id) as work:
            known = await inbox.known(work, client, submission.sender_reference, submission.message_id)
        if known is None:
            raise ReferralUnknown
        if not known.repeated:
            amendment.check(submission, known)
        about = replace(submission, about=known.reference)
        return await self._intake.receive(permit, about, request_id, later=known.unsettled)
