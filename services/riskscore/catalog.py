"""The instruments as published: read once, checked, addressed by id, version and day."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from services.kit import datafile
from services.riskscore.model import (
    Answer,
    Band,
    BandId,
    Fact,
    Ground,
    GroundId,
    Instrument,
    InstrumentUnknown,
    Item,
    Statement,
    Text,
    Worth,
)
from services.riskscore.rules import Scorer, make_scorer

PACKAGE: Final = "services.riskscore"
NOT_INSTRUMENTS: Final = frozenset({"access.yaml"})
SCHEMA: Final = "instrument.schema.json"


class Catalog:
    """Scorers of all versions of all instruments; ValueError when two versions claim the same day."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._scorers = [make_scorer(instrument) for instrument in instruments]
        self._scorers.sort(key=lambda scorer: (scorer.instrument.id, scorer.instrument.valid_from))
        for one, other in zip(self._scorers, self._scorers[1:], strict=False):
            if one.instrument.id == other.instrument.id and one.instrument.holds_on(
                other.instrument.valid_from
            ):
                raise ValueError("two versions of an instrument hold on the same day")

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """All versions, by id and first day."""
        return tuple(scorer.instrument for scorer in self._scorers)

    def find(self, instrument: str, version: str | None, on: date | None) -> Scorer:
        """The version named, or the one in use on a day, or else the newest; raises InstrumentUnknown."""
        found = [scorer for scorer in self._scorers if scorer.instrument.id == instrument]
        if version is not None:
            found = [scorer for scorer in found if scorer.instrument.version == version]
        elif on is not None:
            found = [scorer for scorer in found if scorer.instrument.holds_on(on)]
        if not found:
            raise InstrumentUnknown
        return found[-1]


def load_catalog() -> Catalog:
    """Reads the published files; raises what ``kit.datafile`` raises, or ValueError when parts do not fit."""
    return Catalog(load_instrument(name) for name in datafile.names(PACKAGE) if name not in NOT_INSTRUMENTS)


def load_instrument(name: str) -> Instrument:
    """Reads one published file."""
    raw = datafile.load(PACKAGE, name, SCHEMA)
    return read_instrument(raw, datafile.content_hash(PACKAGE, name))


def read_instrument(raw: Mapping[str, Any], content_hash: str) -> Instrument:
    """Turns a file's content into an instrument; ValueError when its parts do not fit."""
    bands = raw["bands"]
    return Instrument(
        id=raw["id"],
        version=raw["version"],
        status=raw["status"],
        valid_from=date.fromisoformat(raw["valid_from"]),
        valid_to=None if raw["valid_to"] is None else date.fromisoformat(raw["valid_to"]),
        content_hash=content_hash,
        titles=Text(**raw["titles"]),
        holder=raw["holder"],
        source=raw["source"],
        labels=raw["labels"],
        worths={Answer(key): Worth(**worth) for key, worth in raw["answers"].items()},
        items=tuple(Item(**{**item, "texts": Text(**item["texts"])}) for item in raw["items"]),
        bands=tuple(
            Band(BandId(band["id"]), band["from"], band["below"], Text(**band["labels"]))
            for band in bands["ranges"]
        ),
        bands_status=bands["status"],
        bands_source=bands["source"],
        grounds=tuple(_ground(ground) for ground in raw["grounds"]),
        statements=tuple(
            Statement(entry["id"], Text(**entry["texts"]), entry["source"]) for entry in raw["statements"]
        ),
    )


def _ground(raw: Mapping[str, Any]) -> Ground:
    when, raises_to = raw["when"], raw["raises_to"]
    return Ground(
        id=GroundId(raw["id"]),
        fact=Fact(when["fact"]),
        at_least=when["at_least"],
        raises_to=None if raises_to is None else BandId(raises_to),
        source=raw["source"],
    )
