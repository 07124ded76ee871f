"""Which questions for a flag there can be, and how long a quota lasts: a day of Estonia."""

from datetime import datetime, time, timedelta
from math import ceil
from typing import Final

from services.exchange.model.flags import FlagQuestion
from services.exchange.model.problems import FlagQuestionInvalid
from services.kit import personal_code
from services.kit.calendar import TALLINN, local_date
from services.kit.personal_code import PersonalCodeError
from services.kit.problem import FieldError

_PLACE: Final = "/personalCode"


def question(code: str, asker: str) -> FlagQuestion:
    """The question about a personal code; FlagQuestionInvalid, which says what is wrong with the code."""
    try:
        return FlagQuestion(personal_code.parse(code), asker)
    except PersonalCodeError as error:
        raise FlagQuestionInvalid(errors=[FieldError(_PLACE, error.code, str(error))]) from None


def seconds_left(now: datetime) -> int:
    """Whole seconds until the next day begins in Estonia, at least one: also of a day of 23 or 25 hours."""
    tomorrow = datetime.combine(local_date(now) + timedelta(days=1), time(), TALLINN)
    return ceil((tomorrow - now) / timedelta(seconds=1))
