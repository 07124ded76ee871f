"""Definitions, claims, periods and the release rule as published: read once, checked against each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from services.indicators.model import (
    Channel,
    Claim,
    Definition,
    Dimension,
    Group,
    IndicatorUnknown,
    ReleaseRule,
    Text,
    Unit,
    Window,
)
from services.kit import datafile

PACKAGE: Final = "services.indicators"
FOLDER: Final = "indicators"


@dataclass(frozen=True, slots=True)
class Catalog:
    """All published data of this service."""

    definitions: Mapping[str, Definition]
    claims: tuple[Claim, ...]
    release: ReleaseRule
    periods: Mapping[str, Text]

    def __post_init__(self) -> None:
        for claim in self.claims:
            definition = self.definitions.get(claim.indicator)
            if definition is None or not set(claim.only) <= set(definition.dimensions):
                raise ValueError(f"the claim {claim.id} is about nothing that there is")
        if len({claim.id for claim in self.claims}) != len(self.claims):
            raise ValueError("two claims have the same id")

    def definition(self, indicator: str) -> Definition:
        """The definition in use; raises IndicatorUnknown."""
        try:
            return self.definitions[indicator]
        except KeyError:
            raise IndicatorUnknown from None

    def claims_within(self, definition: Definition, window: Window) -> tuple[Claim, ...]:
        """The claims about an indicator whose period lies within a window."""
        return tuple(
            claim
            for claim in self.claims
            if claim.indicator == definition.id and window.contains(claim.window)
        )

    def name(self, window: Window) -> Text:
        """What a period is called."""
        label = self.periods["programme-to-date" if window.first is None else "window"]
        days = {"from": window.first, "to": window.last}
        return Text(label.et.format(**days), label.ru.format(**days), label.en.format(**days))


def load() -> Catalog:
    """Reads the published files; raises what ``kit.datafile`` raises, or ValueError when parts do not fit."""
    definitions = [load_definition(name) for name in datafile.names(PACKAGE, FOLDER)]
    return Catalog(
        definitions={definition.id: definition for definition in definitions},
        claims=read_claims(datafile.load(PACKAGE, "claims.yaml", "claims.schema.json")),
        release=read_release(datafile.load(PACKAGE, "release.yaml", "release.schema.json")),
        periods=read_periods(datafile.load(PACKAGE, "periods.yaml", "periods.schema.json")),
    )


def load_definition(name: str) -> Definition:
    """Reads one definition."""
    raw = datafile.load(PACKAGE, name, "indicator.schema.json")
    return read_definition(raw, datafile.content_hash(PACKAGE, name))


def read_definition(raw: Mapping[str, Any], content_hash: str) -> Definition:
    """Turns a file's content into a definition; ValueError when its parts do not fit."""
    return Definition(
        id=raw["id"],
        version=raw["version"],
        status=raw["status"],
        content_hash=content_hash,
        titles=Text(**raw["titles"]),
        texts=Text(**raw["texts"]),
        source=raw["source"],
        counts=Unit(raw["counts"]),
        groups=tuple(
            Group(
                id=group["id"],
                role=group["role"],
                roles=frozenset(group["roles"]),
                relations=None if group["relations"] is None else frozenset(group["relations"]),
            )
            for group in raw["groups"]
        ),
        dimensions=tuple(Dimension(dimension) for dimension in raw["dimensions"]),
        counting={channel: Text(**raw["counting"][channel]) for channel in Channel},
    )


def read_claims(raw: Mapping[str, Any]) -> tuple[Claim, ...]:
    """Turns the file of claims into claims."""
    narrowing = ((Dimension.REGION, "region"), (Dimension.ROLE, "role"), (Dimension.GROUP, "group"))
    return tuple(
        Claim(
            id=claim["id"],
            indicator=claim["indicator"],
            source=f"{raw['source']}: {claim['place']}",
            window=Window(
                None if claim["from"] is None else date.fromisoformat(claim["from"]),
                date.fromisoformat(claim["to"]),
            ),
            only={dimension: claim[name] for dimension, name in narrowing if claim[name] is not None},
            printed=claim["printed"],
            note=None if claim["note"] is None else Text(**claim["note"]),
        )
        for claim in raw["claims"]
    )


def read_release(raw: Mapping[str, Any]) -> ReleaseRule:
    """Turns the file of the release rule into the rule; ValueError when it would tell too much."""
    small, withheld = (range(raw[name]["from"], raw[name]["below"]) for name in ("small", "withheld"))
    return ReleaseRule(
        version=raw["version"],
        small=small,
        withheld=withheld,
        dimensions=tuple(Dimension(dimension) for dimension in raw["dimensions"]),
    )


def read_periods(raw: Mapping[str, Any]) -> Mapping[str, Text]:
    """Turns the file of period names into texts by code."""
    return {code: Text(**label) for code, label in raw["labels"].items()}
