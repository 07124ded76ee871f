"""Who may act: offices for other services and the caller's own."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from services.cases.actions import members
from services.cases.model.members import Appointed
from services.cases.schemas.members import MeView, OfficesView, OfficeView
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.strictroute import ServiceRouter

router = ServiceRouter(tags=["members"])


@router.get("/offices", summary="List a member's offices", response_model=OfficesView)
async def list_offices(
    work: Annotated[Work, Depends(unit_of_work("list_offices"), scope="function")],
    subject: Annotated[str, Query(min_length=1, max_length=255, description="What tokens call the member.")],
    session: Annotated[UUID | None, Query(description="In which session the member comes.")] = None,
) -> Response:
    """The offices that are held today, for a service that asks for itself; none for an unknown member."""
    decision = work.permit.on({})
    held = (
        await members.offices_of(work, subject)
        if session is None
        else await members.offices_in(work, subject, session)
    )
    view = OfficesView(items=_views(held or ()), session_ended=held is None)
    return disclose(work, view, decisions=decision, objects=[subject])


@router.get("/me", summary="Read who I am", response_model=MeView)
async def get_me(
    work: Annotated[Work, Depends(unit_of_work("get_me"), scope="function")],
) -> Response:
    """The caller and the offices that the caller holds today."""
    decision = work.permit.on({})
    subject = work.permit.caller.subject
    view = MeView(subject=subject, offices=_views(await members.offices_of(work, subject)))
    return disclose(work, view, decisions=decision, objects=[subject])


def _views(offices: Sequence[Appointed]) -> list[OfficeView]:
    return [OfficeView.model_validate(each) for each in offices]
