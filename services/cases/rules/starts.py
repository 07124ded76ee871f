"""What a region still lacks for its first meeting."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from services.cases.model.start_problems import RegionNotReady
from services.cases.model.starts import Milestone, RegionStart, Standard
from services.kit import personal_code
from services.kit.personal_code import PersonalCodeError
from services.kit.problem import FieldError, Malformed

_DIGITS: Final = re.compile(r"(?<!\d)\d{11}(?!\d)")


def milestones(start: RegionStart, standard: Standard) -> Sequence[Milestone]:
    """The parts of the standard, each with the day on which the last obligatory item of it was there."""
    found = []
    for code in standard.milestones:
        items = [item for item in standard.items.values() if item.milestone == code]
        days = [
            start.confirmations[item.code].on if item.code in start.confirmations else None
            for item in items
            if item.obligatory
        ]
        known = [day for day in days if day is not None]
        found.append(Milestone(code, items, max(known) if known and len(known) == len(days) else None))
    return found


def missing(start: RegionStart, standard: Standard) -> Sequence[str]:
    """The obligatory items that nobody has confirmed."""
    return [
        item.code
        for item in standard.items.values()
        if item.obligatory and item.code not in start.confirmations
    ]


def check_first_meeting(
    start: RegionStart, standard: Standard, held_on: date, why: Mapping[str, str], today: date
) -> None:
    """Raises Malformed for a day to come or a reason too much; RegionNotReady where one is lacking."""
    lacking = missing(start, standard)
    errors = [
        FieldError(f"/missing/{place}/item", "not-missing", "there is nothing to be explained")
        for place, item in enumerate(why)
        if item not in lacking
    ]
    if held_on > today:
        errors.append(FieldError("/heldOn", "in-the-future", "a meeting is recorded once it was held"))
    if errors:
        raise Malformed(errors=errors)
    if unexplained := [item for item in lacking if item not in why]:
        raise RegionNotReady(
            errors=[
                FieldError("/missing", item, "confirm this first, or say why not") for item in unexplained
            ]
        )


def check_text(place: str, text: str) -> None:
    """Raises Malformed for a text that is empty or names somebody by the personal code."""
    if not text.strip():
        raise Malformed(errors=[FieldError(place, "empty", "say something")])
    if any(_codes(text)):
        raise Malformed(errors=[FieldError(place, "personal-code", "nobody is named here")])


def _codes(text: str) -> Iterator[str]:
    for found in _DIGITS.finditer(text):
        try:
            yield personal_code.parse(found[0]).value
        except PersonalCodeError:
            continue
