"""Flags for agencies, asked through the exchange, and what coordinators learn of such questions."""

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request, Response

from services.cases.actions import flags
from services.cases.schemas.flags import FlagAlarmPage, FlagIn, FlagView
from services.kit import personal_code
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.personal_code import PersonalCode, PersonalCodeError
from services.kit.problem import FieldError, Malformed
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.flags import Flags

router = ServiceRouter(tags=["flags"])


@router.post("/flags", summary="Ask for a flag", response_model=FlagView)
async def ask_flag(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("ask_flag"), scope="function")],
    question: FlagIn,
) -> Response:
    """Whether somebody is a victim in an open case, for twelve months from the latest referral."""
    asked: Flags = request.app.state.flags
    answered = await asked.ask(work, _code(question.personal_code))
    return disclose(
        work,
        FlagView(flag=answered.flag),
        decisions=answered.decision,
        objects=answered.objects,
        action="disclose",
        client=work.permit.caller.subject,
    )


@router.get("/flag-alarms", summary="List alarms about flags", response_model=FlagAlarmPage)
async def list_flag_alarms(
    work: Annotated[Work, Depends(unit_of_work("list_flag_alarms"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """That agencies asked about victims of sealed cases of the caller's region; they were told no."""
    place = None if cursor is None else Place.parse(cursor)
    page, decisions = await flags.alarms(work, place, limit)
    objects = list(dict.fromkeys(one.case for one in page.items))
    return disclose(work, FlagAlarmPage.of(page), decisions=decisions, objects=objects)


def _code(text: str) -> PersonalCode:
    try:
        return personal_code.parse(text)
    except PersonalCodeError as error:
        raise Malformed(errors=[FieldError("/personalCode", error.code, str(error))]) from None
