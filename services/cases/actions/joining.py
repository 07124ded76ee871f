"""Agencies take part in a case from the same moment on, by the basis of that day, each with its receipt."""

from collections.abc import Iterable, Sequence

from services.cases.catalog import Catalog
from services.cases.model.ids import CaseId, PersonId
from services.cases.model.shares import FieldClassName, Share, ShareKind
from services.cases.store import shares
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id


async def give_receipts(  # noqa: PLR0913, PLR0917 - who joins what
    work: Work,
    catalog: Catalog,
    case: CaseId,
    region: str,
    people: Iterable[PersonId],
    agencies: Sequence[str],
) -> None:
    """The agencies take part by a share, as those that are brought in later."""
    shared = tuple(sorted(set(people)))
    made = [
        Share(
            id=new_id(),
            case=case,
            kind=ShareKind.TAKING_PART,
            basis=catalog.bases.at_screening(local_date(work.now)),
            purpose="case-work",
            sharer=None,
            recipients=(f"{agency}@{region}",),
            outside=None,
            persons=shared,
            classes=tuple(FieldClassName),
            content_digest=None,
            shared_at=work.now,
            shared_by=work.permit.caller.subject,
            expires_on=None,
        )
        for agency in agencies
    ]
    await shares.add_each(work, made)
