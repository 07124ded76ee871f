"""Types of cases, as published."""

from typing import Annotated

from fastapi import Depends, Request, Response

from services.cases.schemas.casetypes import CaseTypesView
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.strictroute import ServiceRouter

router = ServiceRouter(tags=["cases"])


@router.get("/case-types", summary="List the types of cases", response_model=CaseTypesView)
async def list_case_types(
    request: Request, work: Annotated[Work, Depends(unit_of_work("list_case_types"), scope="function")]
) -> Response:
    """Whom the model serves: who is in such a case, what is due, and what it does not have."""
    view = CaseTypesView.of(request.app.state.catalog.case_types)
    return disclose(work, view, decisions=work.permit.on({}), objects=[])
