"""Instruments as published."""

from typing import Self

from pydantic import Field

from services.kit.fields import Day
from services.riskscore.model import Answer, Band, BandId, Fact, Ground, GroundId, Instrument, Item
from services.riskscore.schemas.common import Message, TextOut


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

    @classmethod
    def of(cls, item: Item) -> Self:
        """From the model."""
        return cls(
            key=item.key,
            number=item.number,
            texts=TextOut.of(item.texts),
            licence=item.licence,
            status=item.status,
        )


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

    @classmethod
    def of(cls, band: Band) -> Self:
        """From the model."""
        return cls(id=band.id, first=band.first, below=band.below, labels=TextOut.of(band.labels))


class GroundOut(Message):
    """A ground holds when its fact reaches a number."""

    id: GroundId
    fact: Fact
    at_least: int = Field(alias="atLeast")
    raises_to: BandId | None = Field(alias="raisesTo")
    source: str

    @classmethod
    def of(cls, ground: Ground) -> Self:
        """From the model."""
        return cls(
            id=ground.id,
            fact=ground.fact,
            at_least=ground.at_least,
            raises_to=ground.raises_to,
            source=ground.source,
        )


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
            items=[ItemOut.of(item) for item in instrument.items],
            bands_status=instrument.bands_status,
            bands_source=instrument.bands_source,
            bands=[BandOut.of(band) for band in instrument.bands],
            grounds=[GroundOut.of(ground) for ground in instrument.grounds],
            statements=[
                StatementOut(texts=TextOut.of(statement.texts), source=statement.source)
                for statement in instrument.statements
            ],
        )
