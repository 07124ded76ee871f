"""Series and meetings, as they are told and shown."""

from datetime import time
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from services.cases.model.meetings import Meeting, MeetingKind, MeetingState, Room, Series, SeriesFacts
from services.cases.rules.meetings import capacity
from services.cases.schemas.referral import Message, RegionCode
from services.cases.schemas.screening import Code
from services.cases.schemas.views import View
from services.kit.fields import Day, Whole
from services.kit.paging import Page

_ID = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"
TimeOfDay = Annotated[str, StringConstraints(strict=True, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
PlaceName = Annotated[
    str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=200)
]
_ROOM: dict[str, str | int | None] = {
    "startsAt": "13:00",
    "minutes": 180,
    "minutesPerCase": 30,
    "place": "Põlva politseijaoskond, ruum 12",
}


def _with_example(**told: str | int | None) -> ConfigDict:
    return ConfigDict(
        alias_generator=to_camel,
        validate_by_name=False,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{**told, **_ROOM}]},
    )


class RoomIn(Message):
    """Where and when one meets, for how long, and how many minutes a case has."""

    starts_at: TimeOfDay = Field(examples=["13:00"], description="In Estonia's time.")
    minutes: Whole = Field(examples=[180])
    minutes_per_case: Whole | None = Field(default=None, description="As published, if nothing is said.")
    place: PlaceName = Field(description="Of no person: everybody in the network reads it.")

    def room(self, usual: int) -> Room:
        """The same in the words of the model."""
        per_case = usual if self.minutes_per_case is None else self.minutes_per_case
        return Room(time.fromisoformat(self.starts_at), self.minutes, per_case, self.place)


class SeriesIn(RoomIn):
    """A series: every so many weeks from a day on."""

    model_config = _with_example(startsOn="2017-01-05", everyWeeks=4, endsOn=None)

    starts_on: Day
    every_weeks: Whole = Field(examples=[4])
    ends_on: Day | None = Field(default=None, description="The first day on which there is none.")

    def facts(self, usual: int) -> SeriesFacts:
        """The same in the words of the model."""
        return SeriesFacts(self.starts_on, self.every_weeks, self.room(usual), self.ends_on)


class NewSeriesIn(SeriesIn):
    """A series of a region."""

    model_config = _with_example(region="polva", startsOn="2017-01-05", everyWeeks=4, endsOn=None)

    region: RegionCode


class UntilIn(Message):
    """Up to and including which day."""

    until: Day = Field(examples=["2017-12-31"])


class MeetingIn(RoomIn):
    """A meeting beside the series; an emergency takes cases until it begins."""

    model_config = _with_example(region="polva", meetsOn="2017-05-05", kind="emergency")

    region: RegionCode
    meets_on: Day
    kind: Annotated[MeetingKind, Field(description="`extra` or `emergency`; regular ones come of a series.")]


class MoveIn(Message):
    """Why, where a reason is asked for; and when instead, for a meeting that is put off."""

    reason: Code | None = Field(examples=["chair-away"], description="Null where none is asked for.")
    meets_on: Day | None = None


class RoomView(View):
    """Where and when one meets."""

    starts_at: TimeOfDay = Field(examples=["13:00"])
    minutes: int
    minutes_per_case: int
    place: str
    cases_that_fit: int


def room_view(room: Room) -> dict[str, Any]:
    """The fields of :class:`RoomView`."""
    return {
        "starts_at": f"{room.starts_at:%H:%M}",
        "minutes": room.minutes,
        "minutes_per_case": room.minutes_per_case,
        "place": room.place,
        "cases_that_fit": capacity(room.minutes, room.minutes_per_case),
    }


class SeriesView(RoomView):
    """A region's series."""

    id: UUID = Field(examples=[_ID])
    region: str = Field(examples=["polva"])
    starts_on: Day
    every_weeks: int
    ends_on: Day | None
    version: int

    @classmethod
    def of(cls, series: Series) -> Self:
        """The same in public words."""
        facts = series.facts
        return cls(
            id=series.id,
            region=series.region,
            starts_on=facts.starts_on,
            every_weeks=facts.every_weeks,
            ends_on=facts.ends_on,
            version=series.version,
            **room_view(facts.room),
        )


class SeriesListView(View):
    """Series; a region has few."""

    items: list[SeriesView]


class MeetingView(RoomView):
    """One meeting."""

    id: UUID = Field(examples=[_ID])
    region: str = Field(examples=["polva"])
    series_id: UUID | None
    kind: MeetingKind
    state: MeetingState
    planned_on: Day = Field(description="The day that it had at first.")
    meets_on: Day
    agenda_closes_on: Day = Field(description="The last day on which cases are put on the agenda.")
    research_due_on: Day = Field(description="The last day for what agencies know.")
    reason: str | None = Field(description="Why it was last put off, reopened or cancelled.")
    version: int

    @classmethod
    def of(cls, meeting: Meeting) -> Self:
        """The same in public words."""
        return cls(
            id=meeting.id,
            region=meeting.region,
            series_id=meeting.series,
            kind=meeting.kind,
            state=meeting.state,
            planned_on=meeting.planned_on,
            meets_on=meeting.meets_on,
            agenda_closes_on=meeting.agenda_closes_on,
            research_due_on=meeting.research_due_on,
            reason=meeting.reason,
            version=meeting.version,
            **room_view(meeting.room),
        )


class MeetingsView(View):
    """Meetings that were made together."""

    items: list[MeetingView]


class MeetingPage(View):
    """A page of meetings, and the cursor of the next one."""

    items: list[MeetingView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Meeting]) -> Self:
        """The page as it is shown."""
        return cls(items=[MeetingView.of(each) for each in page.items], next=page.next)
