"""Looking for people and referrals; what is asked stands in the body, never in an address."""

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request, Response

from services.cases.schemas.searches import SearchIn, SearchPage
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import TooMany
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.searching import Searching

router = ServiceRouter(tags=["referrals and cases"])


@router.post(
    "/searches",
    summary="Look for a person or a referral",
    response_model=SearchPage,
    responses=problems(TooMany),
)
async def search_people(
    request: Request,
    search: SearchIn,
    work: Annotated[Work, Depends(unit_of_work("search_people"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """Exactly what the caller may read: nobody learns whether there is more.

    Names are found in whatever spelling and alphabet. How often one may look is counted; each page is a
    search. The log keeps keyed handles of what was asked and shown.
    """
    searching: Searching = request.app.state.searching
    after = None if cursor is None else Place.parse(cursor)
    found = await searching.search(work, search.asked(), after, limit)
    return disclose(
        work, SearchPage.of(found.page), decisions=found.decisions, objects=found.objects, basis=search.reason
    )
