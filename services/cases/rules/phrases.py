"""What to look for: a protected value as phrases of comparable words, by its form."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.cases.model.protection import Form, Protection, Secret
from services.cases.rules.spelling import Speller, Token, plain

#: Fewer digits than a subscriber's number are no phone that can be told from other numbers.
FEWEST_DIGITS: Final = 7
_PHONE: Final = re.compile(r"(?:\+|\b)\d(?:[ \u00a0.()/\u2010-\u2015-]{0,3}\d){6,15}")
_COUNTRY: Final = re.compile(r"^(?:00)?372(?=\d{7,8}$)")
_SEGMENTS: Final = re.compile(r"[,;\n]")
_LONG: Final = 5
_INITIAL: Final = 2
_POSTCODE: Final = 5


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow each other; ``beside`` must stand next to them, where they alone say too little."""

    core: tuple[str, ...]
    beside: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Words:
    """Published words, as they are compared."""

    streets: frozenset[str]
    places: frozenset[str]
    areas: frozenset[str]
    houses: frozenset[str]
    institutions: frozenset[str]
    between: frozenset[str]
    common: frozenset[str]

    @classmethod
    def of(cls, rules: Protection, speller: Speller) -> "Words":
        """Those of the published rules."""
        own = rules.spelling
        return cls(
            streets=speller.stems(own.streets),
            places=speller.stems(own.places),
            areas=speller.stems(own.areas),
            houses=speller.stems(own.houses),
            institutions=speller.stems(own.institutions),
            between=speller.stems(own.between),
            common=frozenset(token.stem for name in rules.place_names for token in speller.tokens(name)),
        )


def phones(text: str) -> Iterator[tuple[int, int, str]]:
    """The numbers in a plain text that could be phones: where, and their digits within the country."""
    for found in _PHONE.finditer(text):
        digits = "".join(sign for sign in found[0] if sign.isdigit())
        yield found.start(), found.end(), _COUNTRY.sub("", digits)


def phrases(secret: Secret, speller: Speller, words: Words) -> Iterator[Phrase]:
    """What to look for of one value; nothing for one that says too little, such as the name of a town."""
    text = plain(secret.value).text
    tokens = list(speller.tokens(text))
    stems = tuple(token.stem for token in tokens)
    match secret.kind.form:
        case Form.ADDRESS:
            segments = list(_segments(text, tokens, words))
            for number, segment in enumerate(segments):
                yield from _segment(segment, words, opens=number == 0 and len(segments) > 1)
        case Form.NAME:
            yield from _institution(stems, words)
        case Form.EMAIL | Form.WORDS:
            if len(stems) > 1:
                yield Phrase(stems, None)
        case Form.PHONE:
            pass  # looked for by its digits


def _segments(text: str, tokens: Sequence[Token], words: Words) -> Iterator[list[Token]]:
    """The tokens between commas; a number of a house after the comma belongs to its street."""
    mine: list[Token] = []
    for token in tokens:
        begins = mine and _SEGMENTS.search(text, mine[-1].end, token.start)
        is_house = token.stem in words.houses or (token.is_number and token.end - token.start < _POSTCODE)
        if begins and not is_house:
            yield mine
            mine = []
        mine.append(token)
    if mine:
        yield mine


def _segment(segment: Sequence[Token], words: Words, *, opens: bool) -> Iterator[Phrase]:
    """What stands between the commas of an address: a street with a house, a village, a farm."""
    stems = [token.stem for token in segment]
    if words.areas & set(stems):
        return
    kinds = words.streets | words.places
    numbers = [token for token in segment if token.is_number]
    yield from (Phrase((one.stem,), None) for one in numbers if one.end - one.start == _POSTCODE)
    names = [
        token
        for token in segment
        if not token.is_number and token.stem not in kinds | words.houses and _says(token)
    ]
    core = tuple(token.stem for token in names)
    if not core:
        return
    houses = [token for token in numbers if token.end - token.start < _POSTCODE]
    if houses:
        yield Phrase(core, words.streets | {_house(houses, names)})
    elif mine := kinds & set(stems):
        yield Phrase(core, words.streets if mine & words.streets else frozenset(mine))
    elif opens and sum(token.end - token.start for token in names) >= _LONG and not set(core) <= words.common:
        yield Phrase(core, None)


def _house(numbers: Sequence[Token], names: Sequence[Token]) -> str:
    """The number of the house: the first one after the street, or before it where none is after."""
    after = [one for one in numbers if one.start > names[0].start] or numbers
    return after[0].stem


def _says(token: Token) -> bool:
    """Whether a word of a name says something: no initial, no letter of a house."""
    return token.end - token.start > _INITIAL


def _institution(stems: tuple[str, ...], words: Words) -> Iterator[Phrase]:
    own = tuple(stem for stem in stems if stem not in words.institutions)
    rare = tuple(stem for stem in own if stem not in words.common)
    kinds = words.institutions & set(stems)
    if len(stems) > 1:
        yield Phrase(stems, None)
    if kinds and (rare or own):
        yield Phrase(rare or own, words.institutions)
    if rare and sum(map(len, rare)) >= _LONG:
        yield Phrase(rare, None)
