"""What somebody takes to a meeting: of each case who is in it, and what agencies have told."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.cases.model.agenda import AgendaItem
from services.cases.model.dossiers import Part
from services.cases.model.meetings import Meeting
from services.cases.model.research import ResearchState


@dataclass(frozen=True, slots=True, repr=False)
class Return:
    """What an agency was asked, and has told; None until then, and where nothing is known."""

    agency: str
    state: ResearchState
    text: str | None


@dataclass(frozen=True, slots=True, repr=False)
class PackItem:
    """A case on the agenda, with its people, the victim first, and the agencies' returns."""

    item: AgendaItem
    people: Sequence[Part]
    returns: Sequence[Return]


@dataclass(frozen=True, slots=True, repr=False)
class Pack:
    """What somebody takes to a meeting."""

    meeting: Meeting
    items: Sequence[PackItem]
