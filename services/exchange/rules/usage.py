"""What becomes of a disclosure in the Data Tracker, and by which name a person is asked for."""

import re
from collections.abc import Set as AbstractSet
from typing import Final

from services.exchange.model.usage import Disclosure, UsageState

_CODE: Final = re.compile(r"[A-Z]{2}[A-Za-z0-9-]{1,30}", re.ASCII)
_ESTONIAN: Final = re.compile(r"EE([0-9]{11})", re.ASCII)
_HOME: Final = "EE"


def first_state(disclosure: Disclosure, hidden: AbstractSet[str]) -> UsageState:
    """Hidden receivers are never shown; what belongs to a case is withheld until the case releases it."""
    if disclosure.receiver_code in hidden:
        return UsageState.NEVER
    return UsageState.RELEASED if disclosure.case_handle is None else UsageState.WITHHELD


def is_code(text: str) -> bool:
    """Whether this is a person's code with its country; Estonian ones have eleven digits."""
    if text.startswith(_HOME):
        return _ESTONIAN.fullmatch(text) is not None
    return _CODE.fullmatch(text) is not None


def subject_of(code: str) -> tuple[str, str]:
    """Kind and value of the blind index for a code: only Estonian ones are ones that we know people by."""
    found = _ESTONIAN.fullmatch(code)
    return ("foreign-code", code) if found is None else ("personal-code", found[1])
