"""The questions of the Data Tracker: over X-Road REST a query, strictly read; ``findUsage`` also over SOAP.

What it does not know in a query it leaves alone: the protocol may grow. Over SOAP, its older form, the person
asked for is the one of the header field ``userId``, and there is no period and no total.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from lxml import etree

from services.exchange.model.problems import InvalidHeaderField, SchemaViolation
from services.exchange.model.usage import Limit, UsagePage, UsageQuestion
from services.exchange.rules.usage import is_code
from services.kit.calendar import format_instant, parse_instant
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


def soap_question(payload: etree._Element, asker: str | None, limit: Limit) -> UsageQuestion:
    """The same over SOAP, whose schema has passed it; InvalidHeaderField, or SchemaViolation for a place."""
    if asker is None or not is_code(asker):
        raise InvalidHeaderField("userId is the code of a person, with its country")
    offset, rows = int(payload.findtext("offset") or 0), int(payload.findtext("limit") or limit.usual)
    if rows > limit.most:
        reason = f"at the most {limit.most}"
        raise SchemaViolation(errors=[FieldError("/findUsage/limit", "too-large", reason)])
    return UsageQuestion(asker, asker, None, None, offset, rows)


def soap_answer(namespace: str, page: UsagePage) -> bytes:
    """The response over SOAP: the rows that were asked for, newest first."""
    rows = "".join(
        f"<usage><logtime>{format_instant(one.logtime)}</logtime><action>{escape(one.action)}</action>"
        f"<receiver>{escape(one.receiver_name or one.receiver_code)}</receiver></usage>"
        for one in page.usages
    )
    return f'<du:findUsageResponse xmlns:du="{namespace}">{rows}</du:findUsageResponse>'.encode()


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
