"""Words of a text as they are compared: without case, marks, script and the ends that grammar gives them."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from services.cases.model.protection import Spelling

_WORD: Final = re.compile(r"\d+|[^\W\d_]+")
#: Characters that are not seen: soft hyphen, zero width, direction, byte order.
_UNSEEN: Final = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SHORTEST: Final = 2
_MOST_WORDS: Final = 20_000


class Token(NamedTuple):
    """A word or number: where it stands, and what it is compared by."""

    start: int
    end: int
    stem: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class Plain:
    """A text without what is not seen; ``places`` leads back into the text as it was, None: one to one."""

    text: str
    places: Sequence[int] | None

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch stands in the text as it was."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def plain(text: str) -> Plain:
    """The text to look in: letters with marks are one letter each, full-width signs are plain ones."""
    if unicodedata.is_normalized("NFKC", text) and _UNSEEN.search(text) is None:
        return Plain(text, None)
    signs: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        if _UNSEEN.match(sign):
            continue
        for part in unicodedata.normalize("NFKD", sign):
            if not unicodedata.combining(part):
                signs.append(part)
                places.append(place)
    return Plain("".join(signs), places)


@dataclass(frozen=True)
class Speller:
    """Makes words comparable by the published rules."""

    spelling: Spelling
    _endings: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _alternations: tuple[tuple[str, str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        endings = {self.folded(ending) for ending in self.spelling.endings}
        longest_first = sorted(endings, key=lambda ending: (-len(ending), ending))
        object.__setattr__(self, "_endings", tuple(longest_first))
        pairs = self.spelling.alternations.items()
        object.__setattr__(self, "_alternations", tuple((self.folded(a), self.folded(b)) for a, b in pairs))
        object.__setattr__(self, "stem", lru_cache(maxsize=_MOST_WORDS)(self.stem))

    def folded(self, word: str) -> str:
        """In small Latin letters without marks."""
        letters = self.spelling.letters
        parts = unicodedata.normalize("NFKD", word.casefold())
        return "".join(letters.get(one, one) for one in parts if not unicodedata.combining(one))

    def stem(self, word: str) -> str:
        """What is left of a word without its end; numbers without leading zeros."""
        if word.isdigit():
            return "".join(str(unicodedata.digit(one)) for one in word).lstrip("0") or "0"
        found = self.folded(word)
        for end, other in self._alternations:
            if found.endswith(end):
                found = found[: -len(end)] + other
        for end in self._endings:
            if found.endswith(end) and len(found) - len(end) >= _SHORTEST:
                return found[: -len(end)]
        return found

    def stems(self, words: Iterable[str]) -> frozenset[str]:
        """Of several words."""
        return frozenset(self.stem(word) for word in words)

    def tokens(self, text: str) -> Iterator[Token]:
        """The words and numbers of a plain text, in their order."""
        for found in _WORD.finditer(text):
            word = found[0]
            yield Token(found.start(), found.end(), self.stem(word), word.isdigit())
