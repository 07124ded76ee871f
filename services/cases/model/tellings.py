"""Who was told of a referral: to whom, what kind of message, and when; never what it said."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TellingKind(StrEnum):
    """What kind of message somebody got."""

    CASE_NOTICE = "case-notice"
    CHILD_NOTICE = "child-notice"
    CALL_OUTS = "call-outs"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Telling:
    """Somebody was told, or is about to be: a notice leaves as soon as its receiver can be reached."""

    kind: TellingKind
    to: str
    municipality: str | None
    at: datetime
    about: str
    """The word of the message: an event's type, a purpose, or the state of a notice."""
