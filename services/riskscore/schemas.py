"""What riskscore promises in public."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from services.kit.fields import Day
from services.riskscore.model import (
    Answer,
    BandId,
    Circumstances,
    Fact,
    GroundId,
    Instrument,
    Score,
    Text,
)

Code = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9-]{0,40}$")]
Version = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]

_EXAMPLE: JsonDict = {
    "instrument": "dash",
    "version": None,
    "onDate": "2017-03-02",
    "answers": {"injury": "yes", "very-frightened": "yes", "stalking": "dont-know", "weapons": "no"},
    "professionalJudgement": False,
    "repeat": False,
    "callOuts12Months": 3,
}


class Message(BaseModel):
    """What all messages share."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class TextOut(Message):
    """A sentence in the three languages."""

    et: str
    ru: str
    en: str

    @classmethod
    def of(cls, text: Text) -> Self:
        """From the model."""
        return cls(et=text.et, ru=text.ru, en=text.en)


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


class InstrumentLine(Message):
    """One version of an instrument."""

    id: str
    version: str
    status: str
    titles: TextOut
    valid_from: Day = Field(alias="validFrom")
    valid_to: Day | None = Field(alias="validTo", description="The first day on which it is no longer used.")
    content_hash: str = Field(alias="contentHash")

    @classmethod
    def of(cls, instrument: Instrument) -> Self:
        """From the model."""
        return cls(
            id=instrument.id,
            version=instrument.version,
            status=instrument.status,
            titles=TextOut.of(instrument.titles),
            valid_from=instrument.valid_from,
            valid_to=instrument.valid_to,
            content_hash=instrument.content_hash,
        )


class Instruments(Message):
    """All versions of all instruments."""

    items: list[InstrumentLine]


class ItemOut(Message):
    """A question with its labels, their licence and standing."""

    key: str
    number: int
    texts: TextOut
    licence: str
    status: str = Field(description="unverified: compare with the official form before use.")


class WorthOut(Message):
    """Points of an answer; an open one could still become another."""

    answer: Answer
    points: int
    open: bool


class BandOut(Message):
    """A half-open range of scores: from ≤ score < below."""

    id: BandId
    first: int = Field(alias="from")
    below: int
    labels: TextOut


class GroundOut(Message):
    """A ground holds when its fact reaches a number."""

    id: GroundId
    fact: Fact
    at_least: int = Field(alias="atLeast")
    raises_to: BandId | None = Field(alias="raisesTo")
    source: str


class StatementOut(Message):
    """Something that the score does not say."""

    texts: TextOut
    source: str


class InstrumentOut(InstrumentLine):
    """An instrument as published: texts, licence, points, bands and grounds."""

    holder: str
    source: str
    labels: dict[str, str] = Field(description="Standing of the labels by language.")
    answers: list[WorthOut]
    items: list[ItemOut]
    bands_status: str = Field(alias="bandsStatus")
    bands_source: str = Field(alias="bandsSource")
    bands: list[BandOut]
    grounds: list[GroundOut]
    statements: list[StatementOut]

    @classmethod
    def of(cls, instrument: Instrument) -> Self:
        """From the model."""
        return cls(
            **dict(InstrumentLine.of(instrument)),
            holder=instrument.holder,
            source=instrument.source,
            labels=dict(instrument.labels),
            answers=[
                WorthOut(answer=answer, points=worth.points, open=worth.open)
                for answer, worth in instrument.worths.items()
            ],
            items=[
                ItemOut(
                    key=item.key,
                    number=item.number,
                    texts=TextOut.of(item.texts),
                    licence=item.licence,
                    status=item.status,
                )
                for item in instrument.items
            ],
            bands_status=instrument.bands_status,
            bands_source=instrument.bands_source,
            bands=[
                BandOut(id=band.id, first=band.first, below=band.below, labels=TextOut.of(band.labels))
                for band in instrument.bands
            ],
            grounds=[
                GroundOut(
                    id=ground.id,
                    fact=ground.fact,
                    at_least=ground.at_least,
                    raises_to=ground.raises_to,
                    source=ground.source,
                )
                for ground in instrument.grounds
            ],
            statements=[
                StatementOut(texts=TextOut.of(statement.texts), source=statement.source)
                for statement in instrument.statements
            ],
        )
