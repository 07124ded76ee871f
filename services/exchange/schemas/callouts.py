"""What the case register asks about call-outs, and what it is told."""

from datetime import date, timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from services.exchange.model.callouts import CallOutQuestion, CallOuts
from services.exchange.schemas.referral import Reference
from services.kit.disclose import FieldClass
from services.kit.fields import Day
from services.kit.personal_code import PersonalCodeError, parse

_LONGEST = timedelta(days=367)


def _checked(text: str) -> str:
    try:
        return parse(text).value
    except PersonalCodeError as error:
        raise PydanticCustomError(error.code.replace("-", "_"), "not a personal code") from None


PersonalCodeText = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[1-8][0-9]{10}$"),
    AfterValidator(_checked),
    Field(examples=["38501170366"]),
]


class _Words(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        hide_input_in_errors=True,
    )


class CallOutsIn(_Words):
    """About whom, within which days: at most a year; ``until`` is the first day after."""

    reference: Reference
    victim: PersonalCodeText
    threatening_person: PersonalCodeText
    since: Day
    until: Day

    @model_validator(mode="after")
    def _window(self) -> Self:
        if not self.since < self.until <= self.since + _LONGEST:
            raise PydanticCustomError("window", "the window is empty, or longer than a year")
        return self

    def question(self) -> CallOutQuestion:
        """The question in our own things."""
        return CallOutQuestion(
            self.reference, parse(self.victim), parse(self.threatening_person), self.since, self.until
        )


class CallOutsView(_Words):
    """How often the police were called about both, and on which days; who said so."""

    source: str = Field(examples=["ee-dev/GOV/70008747/polis"])
    count: Annotated[int, FieldClass("risk")] = Field(ge=0)
    days: Annotated[list[Day], FieldClass("risk")]

    @classmethod
    def of(cls, found: CallOuts) -> Self:
        """What was answered."""
        days: list[date] = list(found.days)
        return cls(source=found.source, count=len(days), days=days)
