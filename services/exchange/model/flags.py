"""A flag, as an agency may ask for it: whether somebody is a victim in an open case, and nothing else."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from services.kit.personal_code import PersonalCode

#: For which a flag is asked; the case register asks for the same word.
PURPOSE: Final = "flagging"


class Flag(StrEnum):
    """The answer; *no* is also that of everything that is kept silent."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class FlagQuestion:
    """Of whom is asked, and who says that he asks; ``asker`` is the client's claim."""

    code: PersonalCode
    asker: str = field(repr=False)
