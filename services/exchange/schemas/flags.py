"""A question for a flag over REST, and its answer; over SOAP the same words stand in XML."""

from typing import Annotated

from pydantic import Field, StringConstraints

from services.exchange.model.flags import Flag
from services.exchange.schemas.referral import In, Out

PersonalCode = Annotated[str, StringConstraints(strict=True, pattern="^[0-9]{11}$")]


class FlagQuestionIn(In):
    """Of whom an agency asks."""

    personal_code: PersonalCode = Field(
        description="Estonian personal code without a country prefix.", examples=["48805042711"]
    )


class FlagOut(Out):
    """Whether somebody is a victim in an open case; of everybody else, and of what is kept silent: no."""

    flag: Flag
