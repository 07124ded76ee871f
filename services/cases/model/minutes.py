"""The minutes of a meeting: who was there, and of each case what was said, decided and asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.cases.model.agenda import AgendaItem
from services.cases.model.discussions import Discussion
from services.cases.model.dossiers import Part
from services.cases.model.meetings import Meeting
from services.cases.model.participants import Invitation
from services.cases.model.plan import Told


@dataclass(frozen=True, slots=True)
class DeclaredConflict:
    """A member had said by that day that the case is too close; who it was is told to nobody."""

    agency: str | None
    declared_on: date


@dataclass(frozen=True, slots=True, repr=False)
class MinutesItem:
    """A case that was on the agenda: its record in the last version, and the actions of that meeting."""

    item: AgendaItem
    people: Sequence[Part]
    conflicts: Sequence[DeclaredConflict]
    record: Discussion | None
    actions: Sequence[Told]


@dataclass(frozen=True, slots=True, repr=False)
class Minutes:
    """Of a meeting that was held, as far as somebody may see it."""

    meeting: Meeting
    attendance: Sequence[Invitation]
    items: Sequence[MinutesItem]
