"""Texts in columns on a terminal: others have written them, so nothing that moves it is passed on."""

from collections.abc import Iterable, Sequence

import typer


def show(rows: Iterable[Sequence[str]]) -> None:
    """Print rows of as many cells each, every column as wide as its widest cell."""
    table = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def plain(text: str) -> str:
    """The text without what is not printed."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
