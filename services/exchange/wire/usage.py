"""The questions of the Data Tracker over X-Road REST: GET, the query's words, strictly read.

What it does not know in a query it leaves alone: the protocol may grow.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from services.exchange.model.usage import Limit, UsageQuestion
from services.exchange.rules.usage import is_code
from services.kit.calendar import parse_instant
from services.kit.problem import FieldError, Malformed

_NUMBER: Final = re.compile("[0-9]{1,9}", re.ASCII)
_WORDS: Final = ("userCode", "periodStart", "periodEnd", "offset", "limit")


def question(query: bytes, asker: str | None, limit: Limit) -> UsageQuestion:
    """The question ``findUsage``; Malformed, which names every wrong word, for anything that is none."""
    reading = _Reading(_words(query))
    if asker is None or not is_code(asker):
        reading.wrong("header:X-Road-UserId", "code", "the code of who asks, with its country")
    subject = reading.given.get("userCode")
    if subject is None or not is_code(subject):
        reading.wrong("query:userCode", "code", "the code of the person asked for, with its country")
    start, end = reading.moment("periodStart"), reading.moment("periodEnd")
    offset = reading.number("offset", 0, most=None)
    rows = reading.number("limit", limit.usual, most=limit.most)
    if reading.errors or asker is None or subject is None:
        raise Malformed(errors=reading.errors)
    return UsageQuestion(asker, subject, start, end, offset, rows)


def _words(query: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=50,
        )
    except ValueError:
        raise Malformed(errors=[FieldError("query", "form", "not a query of names and values")]) from None
    known = [name for name, _ in pairs if name in _WORDS]
    if twice := sorted({name for name in known if known.count(name) > 1}):
        raise Malformed(
            errors=[FieldError(f"query:{name}", "repeated", "stands there twice") for name in twice]
        )
    return dict(pairs)


class _Reading:
    """Words that were given, and what is wrong with them."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.given = given
        self.errors: list[FieldError] = []

    def wrong(self, place: str, code: str, reason: str) -> None:
        self.errors.append(FieldError(place, code, reason))

    def moment(self, name: str) -> datetime | None:
        text = self.given.get(name)
        if text is None:
            return None
        try:
            return parse_instant(text)
        except ValueError:
            self.wrong(f"query:{name}", "instant", "RFC 3339 with a zone, as 2026-11-29T12:00:00+02:00")
            return None

    def number(self, name: str, otherwise: int, *, most: int | None) -> int:
        text = self.given.get(name)
        if text is None:
            return otherwise
        if not _NUMBER.fullmatch(text) or (most is not None and int(text) > most):
            bound = "" if most is None else f", at the most {most}"
            self.wrong(f"query:{name}", "number", f"a whole number from 0{bound}")
            return otherwise
        return int(text)
