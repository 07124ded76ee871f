"""What a transfer must say, and what acceptance makes of what is under way."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.model.lifecycle import Lifecycle, Step
from services.cases.model.transfers import Ending, Move, TransferRules, Words
from services.cases.rules.lifecycle import step
from services.cases.rules.starts import check_text
from services.kit.calendar import add_months
from services.kit.problem import FieldError, Malformed

CLOCK: Final = "transfer-decision"
AFTER_MOVE: Final = "risk-after-move"
_AHEAD_MONTHS: Final = 12


def check_move(move: Move, home: str, regions: Collection[str], rules: TransferRules, today: date) -> None:
    """Raises Malformed for a region that is none or the same, an unpublished word, a code in the note."""
    errors = [*_words("/kind", move.kind, rules.kinds), *_words("/reason", move.reason, rules.reasons)]
    if move.to not in regions:
        errors.append(FieldError("/to", "unknown", "there is no such network at work"))
    elif move.to == home:
        errors.append(FieldError("/to", "same-region", "the case is there already"))
    if move.moves_on is not None and move.moves_on > add_months(today, _AHEAD_MONTHS):
        errors.append(FieldError("/movesOn", "too-far", "a move is known a year ahead at most"))
    if errors:
        raise Malformed(errors=errors)
    check_text("/note", move.note)


def check_agencies(agencies: Sequence[str], known: Collection[str]) -> None:
    """Raises Malformed for an agency that is none, or is named twice."""
    errors = [
        FieldError(f"/agencies/{place}", "unknown", "there is no such agency")
        for place, agency in enumerate(agencies)
        if agency not in known
    ]
    if len(set(agencies)) != len(agencies):
        errors.append(FieldError("/agencies", "twice", "an agency is named once"))
    if errors:
        raise Malformed(errors=errors)


def check_reason(reason: str, words: Words) -> None:
    """Raises Malformed for a reason that is not published."""
    if errors := _words("/reason", reason, words):
        raise Malformed(errors=errors)


def ended(
    endings: Sequence[tuple[Ending, Sequence[tuple[UUID, str]]]], machines: Mapping[str, Lifecycle]
) -> list[Step]:
    """The steps of the things that ended or were handed over, each with the state that it was in."""
    return [
        step(machines[ending.machine], thing, source, ending.action, ending.reason)
        for ending, things in endings
        for thing, source in things
    ]


def _words(place: str, code: str, words: Words) -> list[FieldError]:
    return [] if code in words else [FieldError(place, "unknown", f"one of: {', '.join(words)}")]
