"""From answers to a score: integers only, no clock, no file. What never changes is computed once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.riskscore.model import (
    Answer,
    Band,
    Circumstances,
    Contribution,
    Fact,
    GroundId,
    Instrument,
    ItemUnknown,
    Range,
    Score,
)

#: Named in every score: the same engine, instrument hash and answers give the same score for ever.
ENGINE: Final = "turvavork-riskscore/1"


@dataclass(frozen=True, slots=True)
class Scorer:
    """An instrument, ready to score."""

    instrument: Instrument
    keys: frozenset[str]
    lines: Mapping[tuple[str, Answer], Contribution]
    open_answers: frozenset[Answer]
    least: int
    most: int
    rank_of: tuple[int, ...]
    rank_of_ground: Mapping[GroundId, int]

    def score(self, given: Circumstances) -> Score:
        """Scores one questionnaire; raises ItemUnknown for a key that the instrument does not have."""
        if not self.keys >= given.answers.keys():
            raise ItemUnknown
        lines = tuple(
            self.lines[item.key, given.answers.get(item.key, Answer.NOT_ASKED)]
            for item in self.instrument.items
        )
        total = sum(line.points for line in lines)
        unanswered = tuple(line.key for line in lines if line.answer in self.open_answers)
        closed = sum(line.points for line in lines if line.answer not in self.open_answers)
        lowest = closed + self.least * len(unanswered)
        highest = closed + self.most * len(unanswered)
        grounds = self._grounds(total, given)
        floor = max((self.rank_of_ground[ground] for ground in grounds), default=0)
        return Score(
            instrument=self.instrument,
            engine=ENGINE,
            total=total,
            band=self._band(total, floor),
            grounds=grounds,
            range=Range(lowest, highest, self._band(lowest, floor).id, self._band(highest, floor).id),
            unanswered=unanswered,
            contributions=lines,
        )

    def _grounds(self, total: int, given: Circumstances) -> tuple[GroundId, ...]:
        facts = {
            Fact.SCORE: total,
            Fact.PROFESSIONAL_JUDGEMENT: int(given.professional_judgement),
            Fact.CALL_OUTS_12_MONTHS: given.call_outs_12_months or 0,
            Fact.REPEAT: int(given.repeat),
        }
        return tuple(ground.id for ground in self.instrument.grounds if facts[ground.fact] >= ground.at_least)

    def _band(self, total: int, floor: int) -> Band:
        """The band of a score, or a higher one that a ground raises to: judgement never lowers."""
        rank = self.rank_of[total - self.instrument.minimum]
        return self.instrument.bands[max(rank, floor)]


def make_scorer(instrument: Instrument) -> Scorer:
    """Computes what does not depend on the answers."""
    closed = [worth.points for worth in instrument.worths.values() if not worth.open]
    ranks = {band.id: rank for rank, band in enumerate(instrument.bands)}
    return Scorer(
        instrument=instrument,
        keys=frozenset(item.key for item in instrument.items),
        lines={
            (item.key, answer): Contribution(item.key, item.number, answer, worth.points)
            for item in instrument.items
            for answer, worth in instrument.worths.items()
        },
        open_answers=frozenset(answer for answer, worth in instrument.worths.items() if worth.open),
        least=min(closed),
        most=max(closed),
        rank_of=tuple(
            rank for rank, band in enumerate(instrument.bands) for _ in range(band.first, band.below)
        ),
        rank_of_ground={
            ground.id: 0 if ground.raises_to is None else ranks[ground.raises_to]
            for ground in instrument.grounds
        },
    )
