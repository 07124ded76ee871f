"""A partner reports a new incident: kept by the inbox as a referral is, and handed over by the worker alone.

Its sender is answered as soon as it is stored. So neither the answer nor the time that it takes says whether
the people are known to the network.
"""

from dataclasses import dataclass

from services.exchange.actions.intake import Intake
from services.exchange.model.case_problems import IncidentExists, IncidentInvalid
from services.exchange.model.inbox import Receipt, Submission
from services.exchange.rules import incidents as rules
from services.exchange.rules.incidents import Incident
from services.exchange.store import inbox
from services.kit.db import Database
from services.kit.policy import Permit


@dataclass(frozen=True, slots=True)
class Incidents:
    """Takes the reports of X-Road clients."""

    database: Database
    intake: Intake

    async def report(
        self, permit: Permit, submission: Submission, incident: Incident, request_id: str
    ) -> Receipt:
        """Stores a report; the same message again gives the same reference and no second effect.

        Raises IncidentInvalid and IncidentExists (nothing is kept), and what :meth:`Intake.submit` raises.
        """
        if errors := rules.broken(incident, self.database.clock.now()):
            raise IncidentInvalid(errors=errors)
        client, named = permit.caller.subject, submission.sender_reference
        async with self.database.work(permit, request_id) as work:
            if await inbox.reported(work, client, named, submission.message_id):
                raise IncidentExists
        return await self.intake.receive(permit, submission, request_id, later=True)
