"""What indicators promises in public: JSON, and the same as CSV."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from services.indicators.model import (
    Channel,
    Comparison,
    Definition,
    Dimension,
    Line,
    ReleaseRule,
    Text,
    Unit,
    Window,
    Withheld,
)
from services.kit.disclose import FieldClass
from services.kit.fields import Day, Instant

Marking = Literal["not-for-publication", "for-publication"]
Statistics = FieldClass("statistics")


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


class GroupOut(Message):
    """People that count together."""

    id: str
    role: str = Field(description="victims or family.")
    roles: list[str]
    relations: list[str] | None = Field(description="null: whatever the relation.")


class IndicatorOut(Message):
    """The definition of an indicator, as published."""

    id: str
    version: str
    status: str = Field(description="draft: not yet published.")
    content_hash: str = Field(alias="contentHash")
    titles: TextOut
    texts: TextOut
    source: str
    counts: Unit
    groups: list[GroupOut]
    official_dimensions: list[Dimension] = Field(alias="officialDimensions")
    release_dimensions: list[Dimension] = Field(alias="releaseDimensions")

    @classmethod
    def of(cls, definition: Definition, release: ReleaseRule) -> Self:
        """From the model."""
        return cls(
            id=definition.id,
            version=definition.version,
            status=definition.status,
            content_hash=definition.content_hash,
            titles=TextOut.of(definition.titles),
            texts=TextOut.of(definition.texts),
            source=definition.source,
            counts=definition.counts,
            groups=[
                GroupOut(
                    id=group.id,
                    role=group.role,
                    roles=sorted(group.roles),
                    relations=None if group.relations is None else sorted(group.relations),
                )
                for group in definition.groups
            ],
            official_dimensions=list(definition.dimensions),
            release_dimensions=[one for one in definition.dimensions if one in release.dimensions],
        )


class Indicators(Message):
    """All indicators."""

    items: list[IndicatorOut]


class PeriodOut(Message):
    """First and last day, both included; no first day: since the programme began."""

    first: Day | None = Field(alias="from")
    last: Day = Field(alias="to")
    label: TextOut

    @classmethod
    def of(cls, window: Window, label: Text) -> Self:
        """From the model."""
        return cls(first=window.first, last=window.last, label=TextOut.of(label))


class AsOf(Message):
    """The place in the feed of events up to which the figures count, and when it was last read."""

    cursor: str | None = Field(description="null: there are no events yet.")
    read_at: Instant = Field(alias="readAt")


class LineOut(Message):
    """One figure; a dimension that is null is not split, so the figure is a total over it."""

    region: str | None = None
    half_year: str | None = Field(alias="halfYear", default=None)
    role: str | None = None
    group: str | None = None
    sex: str | None = None
    value: int | None = Field(description="null: withheld.")
    withheld: bool

    @classmethod
    def of(cls, line: Line) -> Self:
        """From the model."""
        figure = line.figure
        place = {dimension.value.replace("-", "_"): value for dimension, value in line.key}
        if isinstance(figure, Withheld):
            return cls(**place, value=None, withheld=True)
        return cls(**place, value=figure.value, withheld=False)


class ClaimOut(Message):
    """What a source printed, beside what is recorded; neither changes the other."""

    id: str
    source: str
    first: Day | None = Field(alias="from")
    last: Day = Field(alias="to")
    region: str | None
    role: str | None
    group: str | None
    printed: int
    recorded: int
    difference: int = Field(description="Printed minus recorded.")
    note: TextOut | None

    @classmethod
    def of(cls, one: Comparison) -> Self:
        """From the model."""
        claim = one.claim
        return cls(
            id=claim.id,
            source=claim.source,
            first=claim.window.first,
            last=claim.window.last,
            region=claim.only.get(Dimension.REGION),
            role=claim.only.get(Dimension.ROLE),
            group=claim.only.get(Dimension.GROUP),
            printed=claim.printed,
            recorded=one.recorded,
            difference=one.difference,
            note=None if claim.note is None else TextOut.of(claim.note),
        )


class ValuesOut(Message):
    """Figures, and everything that they depend on."""

    indicator: str
    version: str
    content_hash: str = Field(alias="contentHash")
    status: str = Field(description="Of the definition; draft: not yet published.")
    title: TextOut
    counting: TextOut = Field(description="How often somebody counts in this channel.")
    channel: Channel
    marking: Marking
    release_rule: str | None = Field(alias="releaseRule", description="Version of what a release withholds.")
    period: PeriodOut
    by: list[Dimension]
    as_of: AsOf = Field(alias="asOf")
    rows: Annotated[list[LineOut], Statistics]
    totals: Annotated[list[LineOut], Statistics]
    claims: Annotated[list[ClaimOut], Statistics] = Field(
        description="What a source printed about periods within this one; official channel alone."
    )


COLUMNS: Final = (
    *("kind", "indicator", "version", "channel", "marking", "from", "to", "asOf"),
    *("region", "halfYear", "role", "group", "sex", "value", "withheld"),
    *("claim", "printed", "difference", "source", "note"),
)


def as_csv(values: ValuesOut, language: str) -> bytes:
    """The same as CSV (RFC 4180, UTF-8): a line for each figure, total and claim.

    The value of a claim is what is recorded; its note is in the language asked for.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    common = {
        "indicator": values.indicator,
        "version": values.version,
        "channel": values.channel.value,
        "marking": values.marking,
        "asOf": values.as_of.cursor or "",
    }
    period = {"from": values.period.first or "", "to": values.period.last}
    writer.writerows(common | period | line for line in _lines("row", values.rows))
    writer.writerows(common | period | line for line in _lines("total", values.totals))
    writer.writerows(common | line for line in _claims(values.claims, language))
    return out.getvalue().encode("utf-8")


def _lines(kind: str, lines: Iterable[LineOut]) -> Iterator[dict[str, object]]:
    for line in lines:
        told = {
            name: "" if value is None else value for name, value in line.model_dump(by_alias=True).items()
        }
        yield {"kind": kind, **told, "withheld": str(line.withheld).lower()}


def _claims(claims: Iterable[ClaimOut], language: str) -> Iterator[dict[str, object]]:
    for claim in claims:
        yield {
            "kind": "claim",
            "from": claim.first or "",
            "to": claim.last,
            "region": claim.region or "",
            "role": claim.role or "",
            "group": claim.group or "",
            "value": claim.recorded,
            "withheld": "false",
            "claim": claim.id,
            "printed": claim.printed,
            "difference": claim.difference,
            "source": claim.source,
            "note": "" if claim.note is None else getattr(claim.note, language),
        }
