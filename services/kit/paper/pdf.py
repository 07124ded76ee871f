"""A paper as PDF: tagged, with language and title (PDF/UA-1), the same bytes for the same paper."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

from services.kit.paper.blocks import Paper

_TEMPLATE: Final = Path(__file__).with_name("paper.typ")
_EPOCH: Final = 0  # no clock in a paper
#: A word that is longer than a line may break after so many characters.
_LONG: Final = re.compile(r"\S{30}(?=\S)")
_BREAK: Final = "\u200b"


def pdf(paper: Paper) -> bytes:
    """The bytes.

    What cannot be read to everybody (a character that the fonts do not have, a heading without words) is set
    as well as it can: the paper then claims no PDF/UA, and is tagged as ever.
    """
    told = json.dumps(_breakable(paper.told()), ensure_ascii=False)
    try:
        return _set(told, for_all=True)
    except typst.TypstError as error:
        if not error.message.startswith("PDF/UA-1 error"):
            raise
        return _set(told, for_all=False)


def _set(told: str, *, for_all: bool) -> bytes:
    return typst.compile(
        _TEMPLATE,
        root=_TEMPLATE.parent,  # nothing else can be read from it
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"paper": told},
        pdf_standards="ua-1" if for_all else "1.7",
        timestamp=_EPOCH,
    )


@cache
def _fonts() -> typst.Fonts:
    """Those of the library alone, so that every machine sets the same page."""
    return typst.Fonts(include_system_fonts=False)


def _breakable(told: Any) -> Any:  # noqa: ANN401 - plain values
    if isinstance(told, str):
        return _LONG.sub(lambda found: found[0] + _BREAK, told)
    if isinstance(told, dict):
        return {name: _breakable(each) for name, each in told.items()}
    if isinstance(told, list):
        return [_breakable(each) for each in told]
    return told
