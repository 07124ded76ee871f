"""What all messages share."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, StringConstraints

from services.riskscore.model import Text

Code = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9-]{0,40}$")]
Version = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class Message(BaseModel):
    """What all messages share."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class TextOut(Message):
    """A sentence in the three languages."""

    et: str
    ru: str
    en: str

    @classmethod
    def of(cls, text: Text) -> Self:
        """From the model."""
        return cls(et=text.et, ru=text.ru, en=text.en)
