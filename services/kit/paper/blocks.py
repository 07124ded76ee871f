"""What a paper is made of: words alone. No value is ever read as markup, whatever the form makes of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

#: What XML 1.0 cannot carry, or no page can show: controls but tab and line feed, surrogates, non-characters.
_UNSHOWN: Final = {
    **dict.fromkeys((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)), " "),
    **dict.fromkeys((*range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0)), "\ufffd"),
    **dict.fromkeys((plane << 16 | last for plane in range(17) for last in (0xFFFE, 0xFFFF)), "\ufffd"),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), " "),  # they turn what follows round
}


def lines(text: str) -> Sequence[str]:
    """The lines of a text, without what no page can show."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNSHOWN)
    return [line.replace("\t", " ").strip() for line in plain.strip().split("\n")]


def line(text: str) -> str:
    """The same as one line."""
    return " ".join(each for each in lines(text) if each)


@dataclass(frozen=True, slots=True, repr=False)
class Heading:
    """A heading, of the first level or below."""

    text: str
    level: int = 1

    def told(self) -> Mapping[str, Any]:
        """The same as plain values."""
        return {"kind": "heading", "text": line(self.text), "level": self.level}


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """A word and what it is, on one line."""

    label: str
    text: str

    def told(self) -> Mapping[str, Any]:
        """The same as plain values."""
        return {"kind": "entry", "label": line(self.label), "text": line(self.text)}


@dataclass(frozen=True, slots=True, repr=False)
class Passage:
    """What somebody wrote, under a word that says what it is where a heading does not."""

    label: str | None
    text: str

    def told(self) -> Mapping[str, Any]:
        """The same as plain values."""
        return {"kind": "passage", "label": line(self.label or ""), "lines": lines(self.text)}


@dataclass(frozen=True, slots=True, repr=False)
class Note:
    """A remark of the house's own."""

    text: str

    def told(self) -> Mapping[str, Any]:
        """The same as plain values."""
        return {"kind": "note", "text": line(self.text)}


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """A table with a row of heads; every row has as many cells. ``widths`` are shares, equal if not said."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int] = ()

    def told(self) -> Mapping[str, Any]:
        """The same as plain values."""
        return {
            "kind": "table",
            "widths": list(self.widths or [1] * len(self.heads)),
            "heads": [line(each) for each in self.heads],
            "rows": [[line(each) for each in row] for row in self.rows],
        }


Block = Heading | Entry | Passage | Note | Table


@dataclass(frozen=True, slots=True, repr=False)
class Paper:
    """A document in one language: on each page its mark, whose copy it is, its title and the number."""

    language: str
    title: str
    mark: str
    copy: str
    page: str
    blocks: Sequence[Block]

    def told(self) -> Mapping[str, Any]:
        """The same as plain values, of which writers make pages."""
        words = {"title": self.title, "mark": self.mark, "copy": self.copy, "page": self.page}
        return {
            "language": self.language,
            **{name: line(text) for name, text in words.items()},
            "blocks": [block.told() for block in self.blocks],
        }


def texts(told: object) -> Iterator[str]:
    """Every text in plain values."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, Mapping):
        for each in told.values():
            yield from texts(each)
    elif isinstance(told, Sequence):
        for each in told:
            yield from texts(each)
