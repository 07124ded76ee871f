"""Who might be the same person: names in one spelling, blind tokens compared, weights summed."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal, localcontext
from itertools import groupby
from typing import Final

from services.cases.model.ids import PersonId
from services.cases.model.matching import Agreement, Compared, Likeness, MatchingRule, Spelling, Verdict

CODE: Final = "personal-code"
GIVEN: Final = "given-name"
FAMILY: Final = "family-name"
NAMES: Final = "names"
BIRTH: Final = "birth-date"
BIRTH_SWAPPED: Final = "birth-swapped"
KINDS: Final = (GIVEN, FAMILY, NAMES, BIRTH, BIRTH_SWAPPED)
#: Kinds whose values are compared with each other have the same blind index.
DOMAINS: Final = {
    GIVEN: "name-part",
    FAMILY: "name-part",
    NAMES: "names",
    BIRTH: "birth-date",
    BIRTH_SWAPPED: "birth-date",
}
_TOKEN: Final = re.compile(r"[^\W_]+")
_DIGITS: Final = 28
_HUNDREDTHS: Final = 100

Traits = Mapping[str, AbstractSet[bytes]]
"""The blind values of a person, by kind."""


@dataclass(frozen=True, slots=True)
class Token:
    """A plain value on its way into the blind index."""

    kind: str
    value: str


def tokens(
    given: Iterable[str], family: Iterable[str], birth: date | None, spelling: Spelling
) -> list[Token]:
    """By what a person with these names and birth date can be found again, in the order of their kinds."""
    givens = sorted({each for name in given for each in folded(name, spelling)})
    families = sorted({each for name in family for each in folded(name, spelling)})
    both = sorted({" ".join(sorted([one, other])) for one in givens for other in families})
    found = [
        *(Token(GIVEN, each) for each in givens),
        *(Token(FAMILY, each) for each in families),
        *(Token(NAMES, each) for each in both),
    ]
    if birth is not None:
        found.append(Token(BIRTH, birth.isoformat()))
        found.extend(Token(BIRTH_SWAPPED, each.isoformat()) for each in _swapped(birth))
    return found


def folded(name: str, spelling: Spelling) -> frozenset[str]:
    """A name in one spelling, whatever alphabet it was written in; several where a letter has variants."""
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    parts = " ".join(sorted(_TOKEN.findall(text)))
    found = {parts}
    for letter, written in spelling.variants.items():
        found = {each.replace(letter, other) for each in found for other in written}
    return frozenset(filter(None, (_plain(each, spelling) for each in found)))


def _plain(text: str, spelling: Spelling) -> str:
    for letter, written in spelling.letters:
        text = text.replace(letter, written)
    bare = "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))
    single = "".join(letter for letter, _ in groupby(bare))
    return "".join(sorted(single.split()))


def _swapped(birth: date) -> Iterator[date]:
    """The birth date with day and month swapped, where that is another day."""
    if birth.day != birth.month:
        try:
            yield birth.replace(month=birth.day, day=birth.month)
        except ValueError:
            return


def likeness(mine: Traits, theirs: Traits, rule: MatchingRule) -> Likeness:
    """How likely two people are one, field by field; a field that one of them lacks says nothing."""
    compared = [
        Compared(name, found, rule.weights[name].get(found, 0)) for name, found in _agreements(mine, theirs)
    ]
    weight = rule.start + sum(each.weight for each in compared)
    probability = probability_of(weight)
    verdict = next((each for each, least in rule.verdicts if probability >= least), Verdict.UNLIKELY)
    per_mille = int((probability * 1000).to_integral_value(ROUND_DOWN))
    return Likeness(compared, rule.start, weight, per_mille, verdict)


def _agreements(mine: Traits, theirs: Traits) -> Iterator[tuple[str, Agreement]]:
    yield CODE, _agreement(mine, theirs, CODE, ())
    swapped = ((BIRTH, BIRTH_SWAPPED), (BIRTH_SWAPPED, BIRTH))
    yield BIRTH, _agreement(mine, theirs, BIRTH, swapped)
    crossed = _meet(mine, theirs, GIVEN, FAMILY) and _meet(mine, theirs, FAMILY, GIVEN)
    for name in (GIVEN, FAMILY):
        found = _agreement(mine, theirs, name, ())
        yield name, Agreement.SWAPPED if found is Agreement.DIFFERS and crossed else found


def _agreement(mine: Traits, theirs: Traits, kind: str, swapped: Iterable[tuple[str, str]]) -> Agreement:
    if not mine.get(kind) or not theirs.get(kind):
        return Agreement.UNKNOWN
    if _meet(mine, theirs, kind, kind):
        return Agreement.SAME
    if any(_meet(mine, theirs, one, other) for one, other in swapped):
        return Agreement.SWAPPED
    return Agreement.DIFFERS


def _meet(mine: Traits, theirs: Traits, one: str, other: str) -> bool:
    return not mine.get(one, frozenset()).isdisjoint(theirs.get(other, frozenset()))


def weight_of(m: Decimal, u: Decimal) -> int:
    """log2(m/u) in hundredths of a bit, rounded to the nearest."""
    with localcontext(prec=_DIGITS):
        return int(((m / u).ln() / Decimal(2).ln() * _HUNDREDTHS).to_integral_value())


def probability_of(weight: int) -> Decimal:
    """The probability that a sum of weights, the prior's among them, stands for."""
    with localcontext(prec=_DIGITS):
        odds = (Decimal(2).ln() * weight / _HUNDREDTHS).exp()
        return odds / (1 + odds)


def groups(
    people: Iterable[PersonId], merges: Iterable[tuple[PersonId, PersonId]]
) -> list[frozenset[PersonId]]:
    """Who is the same person, from the merges that hold."""
    of: dict[PersonId, set[PersonId]] = {each: {each} for each in people}
    for one, other in merges:
        joined = of.setdefault(one, {one}) | of.setdefault(other, {other})
        of |= dict.fromkeys(joined, joined)
    return list({min(group): frozenset(group) for group in of.values()}.values())
