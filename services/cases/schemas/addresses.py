"""Where a member is told that something waits."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints

from services.cases.model.notifications import Address, Language
from services.cases.schemas.referral import Message, View
from services.kit.fieldclass import FieldClass

#: What an address looks like; whether somebody reads there only a message can tell.
Email = Annotated[
    str,
    StringConstraints(
        strict=True,
        max_length=254,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$",
    ),
]
_EXAMPLE = "mari.maasikas@example.ee"


class AddressIn(Message):
    """An address at work, or null: then nobody writes there any more."""

    email: Email | None = Field(examples=[_EXAMPLE])
    language: Language = Field(default=Language.ET, description="In which the messages are.")

    def address(self) -> Address:
        """The same in the words of the model."""
        return Address(self.email, self.language)


class AddressView(View):
    """Where the caller is written to; null: nowhere."""

    email: Annotated[str | None, FieldClass("technical")] = Field(examples=[_EXAMPLE])
    language: Language

    @classmethod
    def of(cls, address: Address) -> Self:
        """The same in public words."""
        return cls(email=address.email, language=address.language)
