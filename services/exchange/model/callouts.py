"""Call-outs of the police about two people: what is asked, and what was answered."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from services.kit.personal_code import PersonalCode

KIND: Final = "getCallouts"


@dataclass(frozen=True, slots=True, repr=False)
class CallOutQuestion:
    """How often the police were called about these two; ``until`` is the first day after the window."""

    reference: str
    victim: PersonalCode
    threatening: PersonalCode
    since: date
    until: date

    def words(self) -> dict[str, str]:
        """The words as they stand in a message."""
        return {
            "victim": self.victim.value,
            "threateningPerson": self.threatening.value,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
        }


@dataclass(frozen=True, slots=True, repr=False)
class CallOuts:
    """The day of each call-out within the window, in order, and who said so: days and nothing else."""

    source: str
    days: tuple[date, ...]
