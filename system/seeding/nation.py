"""What happens in an invented country: pure, and the same for the same seed, number of cases and last day.

Nobody bears these names; the serials of the personal codes were never issued.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from typing import Final

from services.kit import personal_code
from services.kit.ids import derived_reference
from system.samples.people import FIRST_SERIAL, SERIALS, Sex

DAYS: Final = 720  # of referrals, up to the last day
_LEAST_AGE, _AGES = 20, 45
_CHILD_AGES: Final = 16
_FAMILIES: Final = (
    ("Näidis", "Katse", "Proovi", "Test", "Mudel", "Harjutus", "Õppe", "Visandi", "Mustri", "Kavandi"),
    ("mets", "kask", "saar", "lepp", "oja", "põld", "kivi", "mägi", "tamm", "soo", "järv", "kuusk", "nurm"),
)
_GIVEN: Final[Mapping[Sex, Sequence[str]]] = {
    "female": ("Mari", "Liis", "Kadri", "Anu", "Triin", "Piret", "Õie", "Ülle", "Külli", "Tatjana"),
    "male": ("Jaan", "Mart", "Toomas", "Ott", "Priit", "Urmas", "Tõnu", "Ülo", "Jüri", "Sergei"),
}
#: How the same given name is told by somebody who heard it.
_HEARD: Final = {"Õie": "Oie", "Ülle": "Ulle", "Külli": "Kulli", "Tatjana": "Татьяна", "Jüri": "Juri"}


class Fate(StrEnum):
    """What becomes of a referral, and of the case that it may be."""

    WAITING = "awaiting-screening"
    DECLINED = "declined"
    REDIRECTED = "redirected"
    OPEN = "open"
    MONITORED = "monitoring"
    ENDED = "ended"

    @property
    def is_case(self) -> bool:
        """Whether it was accepted."""
        return self in {Fate.OPEN, Fate.MONITORED, Fate.ENDED}


#: Of a hundred referrals; each of the first hundred is as the table says, whatever the seed.
_FATES: Final = (
    (Fate.WAITING, 4), (Fate.DECLINED, 8), (Fate.REDIRECTED, 3), (Fate.OPEN, 45), (Fate.MONITORED, 28),
    (Fate.ENDED, 12),
)  # fmt: skip


class Plant(StrEnum):
    """What is hidden in the data, for others to find."""

    REPEAT = "repeats"
    DOUBLE = "duplicates"
    CONFLICT = "conflicts"
    PROTECTED = "protected"


#: They follow upon an earlier case.
_FOLLOWING: Final = frozenset({Plant.REPEAT, Plant.DOUBLE})
#: Every so many referrals something is planted; no number of regions may go with one of them.
_EVERY: Final = {Plant.REPEAT: 11, Plant.DOUBLE: 17, Plant.CONFLICT: 13, Plant.PROTECTED: 7}


@dataclass(frozen=True, slots=True, repr=False)
class Someone:
    """An invented person."""

    given: str
    family: str
    sex: Sex
    birth: date
    code: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """A referral and what becomes of it; ``follows``: the earlier one with the same people."""

    reference: str
    region: str
    day: date
    fate: Fate
    victim: Someone = field(repr=False)
    threatening: Someone = field(repr=False)
    children: Sequence[Someone] = field(repr=False, default=())
    plants: frozenset[Plant] = frozenset()
    follows: str | None = None


def stories(cases: int, seed: int, regions: Sequence[str], last: date) -> Sequence[Story]:
    """So many referrals, day by day, in all of the regions."""
    return sorted(_Teller(seed, regions, last).tell(cases), key=lambda each: (each.day, each.reference))


def truths(told: Sequence[Story]) -> dict[str, object]:
    """What is to be found, by the references of referrals: counts and pairs, nothing of anybody."""
    planted = {
        plant.value: [
            [each.follows, each.reference] if plant in _FOLLOWING else each.reference
            for each in told
            if plant in each.plants
        ]
        for plant in Plant
    }
    return {
        "referrals": len(told),
        "people": len({(who.given, who.birth, who.code) for each in told for who in _everybody(each)}),
        "regions": dict(sorted(Counter(each.region for each in told).items())),
        "states": dict(sorted(Counter(each.fate.value for each in told).items())),
        "counts": {name: len(found) for name, found in planted.items()},
        **planted,
    }


def _everybody(story: Story) -> Iterator[Someone]:
    yield from (story.victim, story.threatening, *story.children)


class _Teller:
    def __init__(self, seed: int, regions: Sequence[str], last: date) -> None:
        self._chance = Random(seed)  # noqa: S311 - the same each time is what it is for
        self._seed, self._regions = seed, regions
        self._first = last - timedelta(days=DAYS - 1)
        self._serials: dict[tuple[date, Sex], int] = defaultdict(int)
        self._fates = [fate for fate, share in _FATES for _ in range(share)]
        self._chance.shuffle(self._fates)
        #: Cases that may be followed, the oldest first.
        self._quiet: list[Story] = []

    def tell(self, cases: int) -> Iterator[Story]:
        for number in range(cases):
            day = self._first + timedelta(days=number * DAYS // cases)
            story = self._story(number, day)
            followed = self._followed(number, day)
            if followed is not None:
                plant, earlier = followed
                story = _follow(plant, story, earlier)
            elif story.fate is Fate.OPEN and story.victim.code is not None:
                self._quiet.append(story)
            yield replace(story, plants=story.plants | self._planted(number, story))

    def _story(self, number: int, day: date) -> Story:
        family = "".join(self._chance.choice(parts) for parts in _FAMILIES)
        children = [self._child(family, day) for _ in range(self._chance.randrange(3))]
        return Story(
            reference=derived_reference(f"seed/{self._seed}/{number}".encode()),
            region=self._regions[number % len(self._regions)],
            day=day,
            fate=self._fates[number % len(self._fates)],
            victim=self._grown("female", family, day),
            threatening=self._grown("male", family, day),
            children=children,
        )

    def _followed(self, number: int, day: date) -> tuple[Plant, Story] | None:
        """An earlier case whose people come back, within the months that a repeat counts."""
        plant = next(
            (each for each in (Plant.REPEAT, Plant.DOUBLE) if number % _EVERY[each] == _EVERY[each] - 1), None
        )
        if plant is None:
            return None
        while self._quiet and self._quiet[0].day < day - timedelta(days=300):
            self._quiet.pop(0)
        usual = [each for each in self._quiet if each.day < day - timedelta(days=20)]
        fits = [each for each in usual if plant is Plant.REPEAT or each.victim.given in _HEARD]
        if not fits:
            return None
        self._quiet.remove(fits[0])
        return plant, fits[0]

    def _planted(self, number: int, story: Story) -> frozenset[Plant]:
        if not story.fate.is_case:
            return frozenset()
        alone = (Plant.CONFLICT, Plant.PROTECTED)
        return frozenset(each for each in alone if number % _EVERY[each] == _EVERY[each] - 1)

    def _grown(self, sex: Sex, family: str, day: date) -> Someone:
        years = _LEAST_AGE + self._chance.randrange(_AGES)
        return self._someone(self._chance.choice(_GIVEN[sex]), sex, family, day - timedelta(days=366 * years))

    def _child(self, family: str, day: date) -> Someone:
        sex: Sex = self._chance.choice(("female", "male"))
        born = day - timedelta(days=366 * self._chance.randrange(1, _CHILD_AGES))
        return self._someone(self._chance.choice(_GIVEN[sex]), sex, family, born)

    def _someone(self, given: str, sex: Sex, family: str, about: date) -> Someone:
        """Somebody with a code of their own: where the serials of a day are used up, born a day earlier."""
        birth = about - timedelta(days=self._chance.randrange(365))
        while self._serials[birth, sex] == SERIALS:
            birth -= timedelta(days=1)
        serial = FIRST_SERIAL + self._serials[birth, sex]
        self._serials[birth, sex] += 1
        return Someone(given, family, sex, birth, personal_code.make(birth, sex, serial))


def _follow(plant: Plant, story: Story, earlier: Story) -> Story:
    """The same people again; a double is told without the code, and with the name as it was heard."""
    victim = earlier.victim
    if plant is Plant.DOUBLE:
        victim = replace(victim, given=_HEARD[victim.given], code=None)
    return replace(
        story,
        region=earlier.region,
        fate=Fate.OPEN,
        victim=victim,
        threatening=earlier.threatening,
        children=(),
        plants=frozenset({plant}),
        follows=earlier.reference,
    )
