"""From facts to figures: what counts, where, and what a release may say. Integers only, no clock, no I/O."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations, product
from typing import Final

from services.indicators.model import (
    CaseFact,
    Claim,
    Comparison,
    Definition,
    Dimension,
    DimensionRefused,
    Exact,
    Figure,
    Key,
    Line,
    Observation,
    PeriodRefused,
    Published,
    Released,
    ReleaseRule,
    Table,
    TransferFact,
    Unit,
    Window,
    Withheld,
)
from services.kit.calendar import HalfYear, half_year

Cells = Mapping[Key, int]

#: The cells in which a release is decided. Whatever else it says is a sum of these.
FINEST: Final = (Dimension.REGION, Dimension.HALF_YEAR)


def observe_transfers(definition: Definition, facts: Iterable[TransferFact]) -> list[Observation]:
    """Each transfer once, where it went out of or came into; in the order of the days of acceptance."""
    is_out = definition.counts is Unit.TRANSFERS_OUT
    found = [
        Observation(
            str(fact.id),
            fact.on,
            fact.stream,
            {
                Dimension.REGION: fact.from_region if is_out else fact.to_region,
                Dimension.HALF_YEAR: str(half_year(fact.on)),
            },
        )
        for fact in facts
    ]
    return sorted(found, key=lambda one: (one.on, one.case, one.who))


def observe(definition: Definition, facts: Iterable[CaseFact]) -> list[Observation]:
    """What the definition counts in the accepted cases, in the order of the days of referral."""
    found = [one for fact in facts if fact.accepted for one in _observe(definition, fact)]
    return sorted(found, key=lambda one: (one.on, one.case, one.who))


def _observe(definition: Definition, fact: CaseFact) -> Iterator[Observation]:
    place = {Dimension.REGION: fact.region, Dimension.HALF_YEAR: str(half_year(fact.referred_on))}
    if definition.counts is Unit.CASES:
        yield Observation(str(fact.stream), fact.referred_on, fact.stream, place)
        return
    for person in fact.persons:
        group = definition.group_of(person)
        if group is not None:
            own = {Dimension.ROLE: group.role, Dimension.GROUP: group.id, Dimension.SEX: person.sex}
            yield Observation(person.pseudonym, fact.referred_on, fact.stream, place | own)


def check_dimensions(definition: Definition, by: Sequence[Dimension]) -> tuple[Dimension, ...]:
    """The dimensions in their standing order; raises DimensionRefused."""
    if len(set(by)) != len(by):
        raise DimensionRefused("a dimension is there twice")
    if not set(by) <= set(definition.dimensions):
        raise DimensionRefused("this indicator is not split by that")
    return tuple(dimension for dimension in Dimension if dimension in by)


def official(observations: Iterable[Observation], window: Window, by: tuple[Dimension, ...]) -> Table:
    """Exact figures: whoever is counted, is so once in each cell and once in each total."""
    within = [one for one in observations if window.holds(one.on)]
    members: dict[Key, set[str]] = {}
    for one in within:
        for part in _parts(by):
            members.setdefault(_key(one, part), set()).add(one.who)
    cells = {key: len(who) for key, who in members.items()}
    return _table(by, _axes(within, by), lambda key: Exact(cells.get(key, 0)))


def release(
    observations: Sequence[Observation], window: Window, by: tuple[Dimension, ...], rule: ReleaseRule
) -> Table:
    """Figures for everybody: each one counted in the cell of the first case alone, so that cells add up.

    A cell is withheld by its own size only, and a total with a withheld part is withheld. So all that is told
    follows from the cells that are told, and nothing that is told depends on a withheld one.
    """
    if not set(by) <= set(rule.dimensions):
        raise DimensionRefused("a release is not split by that")
    cells = first_counted(observations)
    inside = {key: value for key, value in cells.items() if _inside(key, window)}

    def figure(wanted: Key) -> Released:
        parts = [value for key, value in inside.items() if set(wanted) <= set(key)]
        return Withheld() if any(value in rule.withheld for value in parts) else Published(sum(parts))

    axes = {dimension: sorted({dict(key)[dimension] for key in inside}) for dimension in by}
    return _table(by, axes, figure)


def first_counted(observations: Iterable[Observation]) -> dict[Key, int]:
    """Cells of region and half-year in which everybody is counted once, where the first case was.

    All regions and half-years that occur are there, the empty ones too. The observations are in order.
    """
    met: dict[str, Observation] = {}
    for one in observations:
        met.setdefault(one.who, one)
    axes = _axes(met.values(), FINEST)
    cells = dict.fromkeys(_keys(FINEST, axes), 0)
    for one in met.values():
        cells[_key(one, FINEST)] += 1
    return cells


def release_window(first: date | None, last: date | None, day: date) -> Window:
    """The window of a release: whole half-years that are over on a day; PeriodRefused for any other.

    Borders within a half-year would let a reader take one table from another and see what lies between.
    """
    over = _before(half_year(day))
    if last is None:
        last = _last_day(over)
    if half_year(last) > over or _last_day(half_year(last)) != last:
        raise PeriodRefused("query:to", "not-a-half-year", "a release ends with a half-year that is over")
    if first is not None and half_year(first).start != first:
        raise PeriodRefused("query:from", "not-a-half-year", "a release begins with a half-year")
    return Window(first, last)


def compare(claims: Iterable[Claim], observations: Sequence[Observation]) -> tuple[Comparison, ...]:
    """Each claim beside the number recorded in its period and place."""
    return tuple(Comparison(claim, _recorded(claim, observations)) for claim in claims)


def _recorded(claim: Claim, observations: Iterable[Observation]) -> int:
    wanted = claim.only.items()
    return len(
        {one.who for one in observations if claim.window.holds(one.on) and wanted <= one.values.items()}
    )


def _inside(key: Key, window: Window) -> bool:
    return window.holds(HalfYear.parse(dict(key)[Dimension.HALF_YEAR]).start)


def _before(half: HalfYear) -> HalfYear:
    return half_year(half.start - timedelta(days=1))


def _last_day(half: HalfYear) -> date:
    return half.end - timedelta(days=1)


def _parts(by: tuple[Dimension, ...]) -> list[tuple[Dimension, ...]]:
    """The table's own dimensions first, then those of its totals."""
    return [part for size in range(len(by), -1, -1) for part in combinations(by, size)]


def _key(one: Observation, by: Iterable[Dimension]) -> Key:
    return tuple((dimension, one.values[dimension]) for dimension in by)


def _axes(observations: Iterable[Observation], by: Iterable[Dimension]) -> dict[Dimension, list[str]]:
    """The values of each dimension that occur; half-years without a gap."""
    listed = list(observations)
    axes = {dimension: sorted({one.values[dimension] for one in listed}) for dimension in by}
    if axes.get(Dimension.HALF_YEAR):
        axes[Dimension.HALF_YEAR] = _without_gap(axes[Dimension.HALF_YEAR])
    return axes


def _without_gap(halves: Sequence[str]) -> list[str]:
    found = [HalfYear.parse(halves[0])]
    while str(found[-1]) != halves[-1]:
        found.append(found[-1].next())
    return [str(half) for half in found]


def _keys(by: tuple[Dimension, ...], axes: Mapping[Dimension, Sequence[str]]) -> Iterator[Key]:
    for values in product(*(axes[dimension] for dimension in by)):
        yield tuple(zip(by, values, strict=True))


def _table(
    by: tuple[Dimension, ...], axes: Mapping[Dimension, Sequence[str]], figure: Callable[[Key], Figure]
) -> Table:
    own, *fewer = [tuple(Line(key, figure(key)) for key in _keys(part, axes)) for part in _parts(by)]
    return Table(by, own, tuple(line for lines in fewer for line in lines))
