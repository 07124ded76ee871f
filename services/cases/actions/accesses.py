"""The owner of a case reads who came to it, from the audit log."""

from dataclasses import dataclass
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.model.accesses import Access
from services.cases.store import accesses
from services.kit.db import Work
from services.kit.paging import Moment, Page, page_of


@dataclass(frozen=True, slots=True)
class Accesses:
    """Reads the audit log within the caller's transaction."""

    casework: Casework

    async def of_case(
        self, work: Work, case_id: UUID, by: str | None, before: Moment | None, most: int
    ) -> tuple[OnCase, Page[Access]]:
        """Every access to a case, the newest first; NotFound when the case is not the caller's to see."""
        on = await self.casework.seen(work, case_id)
        of = await accesses.things(work, on.id)
        rows = await accesses.of_case(work, on.id, of, by=by, before=before, most=most + 1)
        return on, page_of(rows, most, lambda row: Moment(row.at, row.id))
