"""What a risk instrument is, and which ones cannot exist."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from services.kit.problem import FieldError, Kind, Problem


class Answer(StrEnum):
    """What was said to an item: *don't know* and *not asked* are not *no*."""

    YES = "yes"
    NO = "no"
    DONT_KNOW = "dont-know"
    NOT_ASKED = "not-asked"


class BandId(StrEnum):
    """Levels of risk; their order is that of the instrument's bands."""

    STANDARD = "standard"
    MEDIUM = "medium"
    HIGH = "high"


class GroundId(StrEnum):
    """Why a victim may be referred to the network."""

    VISIBLE_HIGH_RISK = "visible-high-risk"
    PROFESSIONAL_JUDGEMENT = "professional-judgement"
    POTENTIAL_ESCALATION = "potential-escalation"
    REPEAT = "repeat"


class Fact(StrEnum):
    """What a ground looks at; truths count as 1."""

    SCORE = "score"
    PROFESSIONAL_JUDGEMENT = "professional-judgement"
    CALL_OUTS_12_MONTHS = "call-outs-12-months"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class Text:
    """The same sentence in the three languages of the product."""

    et: str
    ru: str
    en: str


@dataclass(frozen=True, slots=True)
class Item:
    """One question: its number in the printed form, condensed labels, licence and standing of the wording."""

    key: str
    number: int
    texts: Text
    licence: str
    status: str


@dataclass(frozen=True, slots=True)
class Worth:
    """Points of an answer; an open answer could still become any other."""

    points: int
    open: bool


@dataclass(frozen=True, slots=True)
class Band:
    """A half-open range of scores: first ≤ score < below."""

    id: BandId
    first: int
    below: int
    labels: Text


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground holds when its fact reaches a number; it may raise the band, never lower it."""

    id: GroundId
    fact: Fact
    at_least: int
    raises_to: BandId | None
    source: str


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that the score does not say, with its source."""

    id: str
    texts: Text
    source: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """One version of an instrument. ValueError when its parts do not fit together."""

    id: str
    version: str
    status: str
    valid_from: date
    valid_to: date | None
    content_hash: str
    titles: Text
    holder: str
    source: str
    labels: Mapping[str, str]
    worths: Mapping[Answer, Worth]
    items: tuple[Item, ...]
    bands: tuple[Band, ...]
    bands_status: str
    bands_source: str
    grounds: tuple[Ground, ...]
    statements: tuple[Statement, ...]

    def __post_init__(self) -> None:
        if len({item.key for item in self.items}) != len(self.items):
            raise ValueError("two items have the same key")
        if [item.number for item in self.items] != list(range(1, len(self.items) + 1)):
            raise ValueError("the items are not numbered from 1 without a gap")
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("the instrument ends before it begins")
        self._check_answers()
        self._check_bands()
        self._check_grounds()

    @property
    def minimum(self) -> int:
        """The lowest score of a complete questionnaire."""
        return len(self.items) * min(worth.points for worth in self.worths.values() if not worth.open)

    @property
    def maximum(self) -> int:
        """The highest score of a complete questionnaire."""
        return len(self.items) * max(worth.points for worth in self.worths.values() if not worth.open)

    def holds_on(self, day: date) -> bool:
        """Whether this version is in use on a day (the last day is not)."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def _check_answers(self) -> None:
        closed = [worth.points for worth in self.worths.values() if not worth.open]
        if set(self.worths) != set(Answer) or not closed:
            raise ValueError("each answer needs its points, and one at least is not open")
        if any(not min(closed) <= worth.points <= max(closed) for worth in self.worths.values()):
            raise ValueError("an open answer is worth more or less than what it could become")

    def _check_bands(self) -> None:
        if not self.bands or len({band.id for band in self.bands}) != len(self.bands):
            raise ValueError("bands are missing, or one is there twice")
        borders = [self.minimum, *(band.below for band in self.bands)]
        if [band.first for band in self.bands] != borders[:-1] or borders[-1] != self.maximum + 1:
            raise ValueError("the bands leave a gap, overlap, or end elsewhere than the scores")
        if any(band.first >= band.below for band in self.bands):
            raise ValueError("a band is empty")

    def _check_grounds(self) -> None:
        if len({ground.id for ground in self.grounds}) != len(self.grounds):
            raise ValueError("a ground is there twice")
        known = {band.id for band in self.bands}
        if any(ground.raises_to not in known for ground in self.grounds if ground.raises_to is not None):
            raise ValueError("a ground raises to a band that there is not")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known about one victim: coded answers and three facts, nothing that names anybody."""

    answers: Mapping[str, Answer]
    professional_judgement: bool = False
    repeat: bool = False
    call_outs_12_months: int | None = None


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one item added to the score."""

    key: str
    number: int
    answer: Answer
    points: int


@dataclass(frozen=True, slots=True)
class Range:
    """What the score could become when every open answer is closed."""

    lowest: int
    highest: int
    lowest_band: BandId
    highest_band: BandId


@dataclass(frozen=True, slots=True)
class Score:
    """A score with its provenance; there is none without the instrument that made it."""

    instrument: Instrument
    engine: str
    total: int
    band: Band
    grounds: tuple[GroundId, ...]
    range: Range
    unanswered: tuple[str, ...]
    contributions: tuple[Contribution, ...]


class InstrumentUnknown(Problem):
    """No such instrument, or no such version of it on that day."""

    slug: ClassVar[str] = "instrument-unknown"
    kind: ClassVar[Kind] = Kind.MALFORMED
    titles: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"et": "Sellist hindamisvahendit ei ole", "ru": "Такого инструмента нет", "en": "Unknown instrument"}
    )

    def __init__(self) -> None:
        super().__init__(
            errors=[FieldError("/instrument", "unknown", "no such instrument or version on this day")]
        )


class InstrumentNotFound(Problem):
    """The address names no instrument, or no version of it on that day."""

    slug: ClassVar[str] = "instrument-not-found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND
    titles: ClassVar[Mapping[str, str]] = InstrumentUnknown.titles


class ItemUnknown(Problem):
    """An answer was given to a question that the instrument does not ask."""

    slug: ClassVar[str] = "item-unknown"
    kind: ClassVar[Kind] = Kind.MALFORMED
    titles: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"et": "Sellist küsimust ankeedis ei ole", "ru": "Такого вопроса в анкете нет", "en": "Unknown item"}
    )

    def __init__(self) -> None:
        super().__init__(
            errors=[FieldError("/answers", "unknown-item", "the instrument has no item of this key")]
        )
