"""The errors of this service."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from services.kit.problem import FieldError, Kind, Problem


class IndicatorUnknown(Problem):
    """No such indicator."""

    slug: ClassVar[str] = "indicator-unknown"
    kind: ClassVar[Kind] = Kind.NOT_FOUND
    titles: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"et": "Sellist näitajat ei ole", "ru": "Такого показателя нет", "en": "Unknown indicator"}
    )


class PeriodRefused(Problem):
    """The period ends before it begins, or is not one that a release has."""

    slug: ClassVar[str] = "period-refused"
    kind: ClassVar[Kind] = Kind.MALFORMED
    titles: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"et": "Periood ei sobi", "ru": "Период не подходит", "en": "Period refused"}
    )

    def __init__(self, pointer: str, code: str, reason: str) -> None:
        super().__init__(errors=[FieldError(pointer, code, reason)])


class DimensionRefused(Problem):
    """The indicator, or the channel, is not split by this."""

    slug: ClassVar[str] = "dimension-refused"
    kind: ClassVar[Kind] = Kind.MALFORMED
    titles: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"et": "Sellist jaotust ei ole", "ru": "Такой разбивки нет", "en": "Dimension refused"}
    )

    def __init__(self, reason: str) -> None:
        super().__init__(errors=[FieldError("query:by", "not-a-dimension", reason)])


class FiguresIncomplete(Problem):
    """The events have not yet been read to their end, so every figure would be too low."""

    slug: ClassVar[str] = "figures-incomplete"
    kind: ClassVar[Kind] = Kind.OVERLOADED
    titles: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "et": "Näitajaid alles arvutatakse",
            "ru": "Показатели ещё рассчитываются",
            "en": "Figures are being computed",
        }
    )
