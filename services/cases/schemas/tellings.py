"""Who was told of a referral."""

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import Field

from services.cases.model.tellings import Telling, TellingKind
from services.cases.schemas.referral import View
from services.kit.fieldclass import FieldClass
from services.kit.fields import Instant


class TellingView(View):
    """Somebody was told; what was said stands with the message, not here."""

    kind: TellingKind
    to: str = Field(
        description="An X-Road client, an agency, `municipality`, or a registry code and system.",
        examples=["ee-dev/GOV/70008747/polis"],
    )
    municipality: Annotated[str | None, FieldClass("contact")] = Field(examples=["0698"])
    at: Instant
    about: str = Field(
        description="What made it: an event, a state or a purpose.", examples=["referral.accepted"]
    )


class TellingsView(View):
    """Who was told, the newest first."""

    items: list[TellingView]

    @classmethod
    def of(cls, tellings: Iterable[Telling]) -> Self:
        """The same in public words."""
        return cls(
            items=[
                TellingView(
                    kind=one.kind, to=one.to, municipality=one.municipality, at=one.at, about=one.about
                )
                for one in tellings
            ]
        )
