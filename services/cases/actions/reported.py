"""An agency reports a new incident: written down in the victim's case, if there is one, and nowhere else.

Who reports learns that the report is here, and no more; of people without a case no word is kept.
"""

import json
from dataclasses import dataclass
from datetime import UTC
from typing import Final
from uuid import UUID

from services.cases.actions.casework import Casework
from services.cases.actions.incidents import Incidents, Told
from services.cases.catalog import Catalog
from services.cases.model.ids import CaseId
from services.cases.model.reported import Report
from services.cases.model.reported_problems import IncidentExists, IncidentInvalid
from services.cases.rules import reported as rules
from services.cases.store import reported as store
from services.cases.store.people import CODE
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.problem import Overloaded
from services.kit.sealed import BlindIndex

CONTENT: Final = "reported-incident"


@dataclass(frozen=True, slots=True)
class Reported:
    """Takes reports, within the transaction of ``exchange``'s worker."""

    catalog: Catalog
    casework: Casework
    incidents: Incidents
    index: BlindIndex

    async def take(self, work: Work, report: Report) -> str:
        """Takes a report once; the reference under which it is here.

        Raises IncidentInvalid, and IncidentExists when reference or sender's reference are known with other
        content; Overloaded when the same is taken at this moment.
        """
        decision = work.permit.on({})
        if errors := rules.broken(report, work.now, self.catalog.monitoring.incident_kinds):
            raise IncidentInvalid(errors=errors)
        digest = self.index.of(CONTENT, _content(report))
        earlier = await store.known(work, report)
        if earlier is not None:
            reference, was = earlier
            if was != digest:
                raise IncidentExists
            return reference
        case, incident = await self._written(work, report)
        row = await store.keep(work, report, digest, case, incident)
        if row is None:
            raise Overloaded  # the same report was kept meanwhile: it is found when this one comes again
        work.audit("receive", [row], ("basic",), decision, client=report.sender.client)
        return report.reference

    async def _written(self, work: Work, report: Report) -> tuple[CaseId | None, UUID | None]:
        """The case in which it is written down, and the incident there."""
        threatening = [self.index.of(CODE, code) for code in report.threatening]
        found = await store.candidates(work, self.index.of(CODE, report.victim), threatening)
        chosen = rules.chosen(found, local_date(report.occurred_at), self.catalog.reported)
        if chosen is None:
            return None, None
        on = await self.casework.held(work, chosen.case)
        told = Told(report.kind, report.occurred_at, report.description)
        by, may_repeat = report.sender.client, rules.proposes(chosen)
        return on.id, await self.incidents.keep(work, on, told, by=by, may_repeat=may_repeat)


def _content(report: Report) -> str:
    """What makes two reports the same, in one spelling."""
    at = report.occurred_at.astimezone(UTC).isoformat()
    people = [report.victim, sorted(report.threatening)]
    return json.dumps([report.sender.client, at, report.kind, report.description, people], ensure_ascii=False)
