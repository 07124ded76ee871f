"""Observations of meetings, recommendations, and figures of both."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StrictInt

from services.cases.model.quality import (
    Advised,
    Found,
    Observation,
    Observed,
    QualityFigure,
    Recommendation,
    Recommended,
)
from services.cases.schemas.referral import Message, View
from services.cases.schemas.screening import Code
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, FreeText, Instant
from services.kit.paging import Page

_NOBODY = "About the work of the network: no personal data, no case, nobody by name or code."


class RecommendedIn(Message):
    """What the observer recommends, to whom, until when."""

    text: FreeText = Field(examples=["Kutsuge kool tuumikusse."], description=_NOBODY)
    owner: Code = Field(examples=["coordinator"])
    due_on: Day = Field(examples=["2018-06-01"])


class FindingIn(Message):
    """What was seen of a principle; no rating where it could not be seen at this meeting."""

    principle: Code = Field(examples=["governance"])
    rating: StrictInt | None = Field(default=None, examples=[2])
    evidence: FreeText | None = Field(default=None, examples=["Protokoll on ajakohane."], description=_NOBODY)
    recommendation: RecommendedIn | None = None


class ObservationIn(Message):
    """A meeting as it was observed: each of the ten principles once."""

    met_on: Day = Field(examples=["2018-03-02"])
    observer: Code = Field(examples=["national-team"])
    findings: list[FindingIn] = Field(max_length=20)

    def as_observed(self) -> Observed:
        """The same in the words of the model."""
        return Observed(self.met_on, self.observer, [_found(each) for each in self.findings])


class RecommendationAnswerIn(Message):
    """It is done; or it is declined, for a published reason."""

    state: Literal["done", "declined"] = Field(examples=["done"])
    reason: Code | None = Field(default=None, examples=[None])
    outcome: FreeText = Field(examples=["Kool osaleb alates maist."], description=_NOBODY)


class RecommendationView(View):
    """A recommendation, and what the region has answered."""

    id: UUID
    observation_id: UUID
    region: str
    principle: str
    owner: str
    due_on: Day
    state: Advised
    text: Annotated[str, FieldClass("narrative")]
    reason: str | None
    outcome: Annotated[str | None, FieldClass("narrative")]
    answered_on: Day | None
    answered_by: str | None
    version: int = Field(description="For If-Match, when it is answered.")

    @classmethod
    def of(cls, one: Recommendation) -> Self:
        """The same in public words."""
        return cls(
            id=one.id,
            observation_id=one.observation,
            region=one.region,
            principle=one.principle,
            owner=one.owner,
            due_on=one.due_on,
            state=one.state,
            text=one.text,
            reason=one.reason,
            outcome=one.outcome,
            answered_on=one.answered_on,
            answered_by=one.answered_by,
            version=one.version,
        )


class RecommendationPage(View):
    """Recommendations, what is due first first."""

    items: list[RecommendationView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Recommendation]) -> Self:
        """The same in public words."""
        return cls(items=[RecommendationView.of(each) for each in page.items], next=page.next)


class FindingView(View):
    """What was seen of a principle."""

    principle: str
    rating: int | None
    evidence: Annotated[str | None, FieldClass("narrative")]


class ObservationView(View):
    """An observed meeting; the meeting's id where one of that day is planned here."""

    id: UUID
    region: str
    met_on: Day
    meeting_id: UUID | None
    observer: str
    recorded_by: str
    recorded_at: Instant
    findings: list[FindingView]
    recommendations: list[RecommendationView]

    @classmethod
    def of(cls, one: Observation) -> Self:
        """The same in public words."""
        return cls(
            id=one.id,
            region=one.region,
            met_on=one.met_on,
            meeting_id=one.meeting,
            observer=one.observer,
            recorded_by=one.recorded_by,
            recorded_at=one.recorded_at,
            findings=[
                FindingView(principle=each.principle, rating=each.rating, evidence=each.evidence)
                for each in one.found
            ],
            recommendations=[RecommendationView.of(each) for each in one.recommendations],
        )


class ObservationPage(View):
    """Observations, the latest meeting first."""

    items: list[ObservationView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Observation]) -> Self:
        """The same in public words."""
        return cls(items=[ObservationView.of(each) for each in page.items], next=page.next)


class QualityFigureView(View):
    """What was seen of a principle in a region; the mean rating is ``points`` by ``rated``."""

    region: str
    principle: str
    observations: int
    rated: int
    points: int = Field(description="The sum of the ratings.")
    open: int = Field(description="Recommendations that wait; of these `overdue` since their day.")
    overdue: int
    done: int
    declined: int


class QualityFigures(View):
    """By region and principle; what was not observed is not there."""

    first: Day
    last: Day
    items: list[QualityFigureView]

    @classmethod
    def of(cls, first: date, last: date, figures: Sequence[QualityFigure]) -> Self:
        """The same in public words."""
        return cls(first=first, last=last, items=[_figure(each) for each in figures])


def _figure(figure: QualityFigure) -> QualityFigureView:
    return QualityFigureView(
        region=figure.region,
        principle=figure.principle,
        observations=figure.observations,
        rated=figure.rated,
        points=figure.points,
        open=figure.open,
        overdue=figure.overdue,
        done=figure.done,
        declined=figure.declined,
    )


def _found(told: FindingIn) -> Found:
    advised = told.recommendation
    made = None if advised is None else Recommended(advised.owner, advised.due_on, advised.text)
    return Found(told.principle, told.rating, told.evidence, made)
