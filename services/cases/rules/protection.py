"""Finds protected values in words, and says who may be told them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.cases.model.protection import Form, Hit, ProtectedKind, Protection, Recipient, Secret, Trust
from services.cases.rules.phrases import FEWEST_DIGITS, Phrase, Words, phones, phrases
from services.cases.rules.spelling import Plain, Speller, Token, plain

_FILLERS: Final = 3
_CLOSE: Final = re.compile(r"[\s./\u2010-\u2015-]{0,3}")
_LETTER: Final = 1
_FLAT: Final = 4


@dataclass(frozen=True)
class Finder:
    """Looks for the secrets of some cases; made once for an answer, and asked about each of its texts."""

    speller: Speller
    words: Words
    _index: Mapping[str, Sequence[tuple[Phrase, ProtectedKind]]] = field(repr=False)
    _phones: Mapping[str, ProtectedKind] = field(repr=False)
    _whole: Mapping[tuple[str, ...], ProtectedKind] = field(repr=False)

    @classmethod
    def of(cls, secrets: Iterable[Secret], speller: Speller, words: Words) -> "Finder":
        """One for these secrets."""
        index: defaultdict[str, list[tuple[Phrase, ProtectedKind]]] = defaultdict(list)
        numbers: dict[str, ProtectedKind] = {}
        whole: dict[tuple[str, ...], ProtectedKind] = {}
        for secret in secrets:
            text = plain(secret.value).text
            stems = tuple(token.stem for token in speller.tokens(text))
            if len(stems) > 1:  # one word alone, such as a town, is no secret, and is the code of many things
                whole[stems] = secret.kind
            if secret.kind.form in {Form.PHONE, Form.WORDS}:
                numbers |= {digits: secret.kind for *_, digits in phones(text)}
            for phrase in phrases(secret, speller, words):
                index[phrase.core[0]].append((phrase, secret.kind))
        return cls(speller, words, index, numbers, whole)

    def find(self, text: str) -> Sequence[Hit]:
        """Where values stand in a text, in their order; none overlaps another."""
        shown = plain(text)
        tokens = list(self.speller.tokens(shown.text))
        if not tokens:
            return []
        kind = self._whole.get(tuple(token.stem for token in tokens))
        if kind is not None:
            return [Hit(0, len(text), kind)]
        return _apart([*self._numbers(shown), *self._phrases(shown, tokens)])

    def _numbers(self, shown: Plain) -> Iterable[Hit]:
        if not self._phones:
            return
        for start, end, digits in phones(shown.text):
            for number, kind in self._phones.items():
                if len(number) >= FEWEST_DIGITS and number in digits:
                    yield Hit(*shown.back(start, end), kind)

    def _phrases(self, shown: Plain, tokens: Sequence[Token]) -> Iterable[Hit]:
        for place, token in enumerate(tokens):
            for phrase, kind in self._index.get(token.stem, ()):
                last = self._core(phrase, tokens, place)
                if last is None:
                    continue
                found = (place, last) if phrase.beside is None else self._beside(phrase, tokens, place, last)
                if found is not None:
                    first, last = self._around(shown.text, tokens, *found)
                    yield Hit(*shown.back(tokens[first].start, tokens[last].end), kind)

    def _core(self, phrase: Phrase, tokens: Sequence[Token], place: int) -> int | None:
        """The last of the words of a phrase that begins here; signs written as words may stand between."""
        for stem in phrase.core[1:]:
            place += 1
            while place < len(tokens) and tokens[place].stem != stem and self._between(tokens[place]):
                place += 1
            if place >= len(tokens) or tokens[place].stem != stem:
                return None
        return place

    def _between(self, token: Token) -> bool:
        return token.stem in self.words.between

    def _beside(
        self, phrase: Phrase, tokens: Sequence[Token], first: int, last: int
    ) -> tuple[int, int] | None:
        """From where to where, if what must stand beside the words does: after them, or before."""
        beside = phrase.beside or frozenset()
        fillers = self.words.streets | self.words.houses
        found: int | None = None
        for place in range(last + 1, min(last + 2 + _FILLERS, len(tokens))):
            if tokens[place].stem in beside:
                found = place
            elif tokens[place].stem not in fillers:
                break
        before = first
        for place in range(first - 1, max(first - 2 - _FILLERS, -1), -1):
            if tokens[place].stem in beside:
                before = place
            elif tokens[place].stem not in fillers:
                break
        if found is None and before == first:
            return None
        return before, last if found is None else found

    def _around(self, text: str, tokens: Sequence[Token], first: int, last: int) -> tuple[int, int]:
        """What belongs to it: the word *street* before, the letter of the house and the flat after."""
        if first and tokens[first - 1].stem in self.words.streets:
            first -= 1
        for place in range(last + 1, len(tokens)):
            before, after = tokens[place - 1], tokens[place]
            gap = text[before.end : after.start]
            if _is_flat(after, gap) or _is_letter_of_house(before, after, gap):
                last = place
            elif after.stem not in self.words.houses | self.words.streets:
                break
        return first, last


def _is_flat(after: Token, gap: str) -> bool:
    return after.is_number and after.end - after.start <= _FLAT and _CLOSE.fullmatch(gap) is not None


def _is_letter_of_house(before: Token, after: Token, gap: str) -> bool:
    return before.is_number and not after.is_number and not gap and after.end - after.start == _LETTER


def _apart(hits: Sequence[Hit]) -> Sequence[Hit]:
    """Hits that overlap as one, of the kind of the first."""
    found: list[Hit] = []
    for hit in sorted(hits, key=lambda one: (one.start, -one.end)):
        if found and hit.start < found[-1].end:
            found[-1] = Hit(found[-1].start, max(hit.end, found[-1].end), found[-1].kind)
        else:
            found.append(hit)
    return found


def without(text: str, hits: Sequence[Hit]) -> str:
    """The text with a mark in the place of each hit."""
    parts: list[str] = []
    since = 0
    for hit in hits:
        parts += [text[since : hit.start], hit.kind.mark]
        since = hit.end
    return "".join([*parts, text[since:]])


def is_all(text: str, hits: Sequence[Hit]) -> bool:
    """Whether nothing is left of a text without what was found."""
    return not any(sign.isalnum() for sign in without(text, [Hit(h.start, h.end, _NONE) for h in hits]))


_NONE: Final = ProtectedKind("none", Form.WORDS, "")


def recipient_of(
    rules: Protection, roles: Iterable[str], relation: str, operations: Iterable[str]
) -> Recipient | None:
    """As whom somebody acts by a row of the table of access; None: as nobody who may be told."""
    for one in rules.recipients:
        own = one.operations is None or frozenset(operations) <= one.operations
        if relation in one.relations and frozenset(roles) <= one.roles and own:
            return one
    return None


def trust(recipient: Recipient, agency: str | None) -> Trust:
    """How much a recipient may be told of a case in which the relation holds."""
    return Trust.ALL if recipient.marked is None or agency in recipient.marked else Trust.UNMARKED
