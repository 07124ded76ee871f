"""Coded answers in, a score with its parts out."""

from typing import Self

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.kit.fields import Day
from services.riskscore.model import Answer, BandId, Circumstances, GroundId, Score
from services.riskscore.schemas.common import Code, Message, TextOut, Version

_EXAMPLE: JsonDict = {
    "instrument": "dash",
    "version": None,
    "onDate": "2017-03-02",
    "answers": {"injury": "yes", "very-frightened": "yes", "stalking": "dont-know", "weapons": "no"},
    "professionalJudgement": False,
    "repeat": False,
    "callOuts12Months": 3,
}


class ScoreIn(Message):
    """Coded answers; whoever they are about stays with the caller."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    instrument: Code = Field(examples=["dash"])
    version: Version | None = Field(default=None, description="That version, or the one in use on the day.")
    on_date: Day = Field(alias="onDate", description="The day of referral.")
    answers: dict[Code, Answer] = Field(
        max_length=100, description="By item key. An item that is not there was not asked."
    )
    professional_judgement: bool = Field(alias="professionalJudgement", default=False, strict=True)
    repeat: bool = Field(default=False, strict=True)
    call_outs_12_months: int | None = Field(
        alias="callOuts12Months",
        default=None,
        strict=True,
        ge=0,
        le=10_000,
        description="Police call-outs for domestic violence in the last twelve months; null: not known.",
    )

    def circumstances(self) -> Circumstances:
        """To the model."""
        return Circumstances(self.answers, self.professional_judgement, self.repeat, self.call_outs_12_months)


class ScoresIn(Message):
    """Several at once; each is scored by itself."""

    items: list[ScoreIn] = Field(min_length=1, max_length=64)


class ItemScore(Message):
    """An item, its answer, and what it added."""

    key: str
    number: int
    answer: Answer
    contribution: int


class RangeOut(Message):
    """What the score could become when every open answer is closed."""

    lowest: int
    highest: int
    lowest_band: BandId = Field(alias="lowestBand")
    highest_band: BandId = Field(alias="highestBand")


class ScoreOut(Message):
    """A score with its provenance, its parts, and what it does not say."""

    instrument: str
    version: str
    content_hash: str = Field(alias="contentHash", description="Of the instrument's file.")
    status: str = Field(description="draft: not yet published.")
    engine: str
    score: int
    maximum: int
    band: BandId = Field(description="That of the score; judgement raises it, nothing lowers it.")
    band_labels: TextOut = Field(alias="bandLabels")
    grounds: list[GroundId]
    range: RangeOut
    unanswered: list[str] = Field(description="Not known or not asked: they could still be yes.")
    items: list[ItemScore]
    statements: list[TextOut] = Field(description="What the score does not say.")

    @classmethod
    def of(cls, score: Score) -> Self:
        """From the model."""
        instrument = score.instrument
        return cls(
            instrument=instrument.id,
            version=instrument.version,
            content_hash=instrument.content_hash,
            status=instrument.status,
            engine=score.engine,
            score=score.total,
            maximum=instrument.maximum,
            band=score.band.id,
            band_labels=TextOut.of(score.band.labels),
            grounds=list(score.grounds),
            range=RangeOut(
                lowest=score.range.lowest,
                highest=score.range.highest,
                lowest_band=score.range.lowest_band,
                highest_band=score.range.highest_band,
            ),
            unanswered=list(score.unanswered),
            items=[
                ItemScore(key=line.key, number=line.number, answer=line.answer, contribution=line.points)
                for line in score.contributions
            ],
            statements=[TextOut.of(statement.texts) for statement in instrument.statements],
        )


class ScoresOut(Message):
    """As many as were asked for, in the same order."""

    items: list[ScoreOut]
