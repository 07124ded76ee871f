"""The parts of a multipart answer, and of a request whose hash is checked: exact bytes, no nesting, bounded.

Source: RFC 2046 section 5.1, read as security servers and their partners write it: line ends may be LF alone,
the closing boundary may be missing. A part that is itself multipart stays one part.
"""

import re
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Final

MOST_PARTS: Final = 16
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its header fields, and its bytes as they stand in the message."""

    headers: Message
    raw: bytes = field(repr=False)

    def content(self) -> bytes:
        """The bytes without their transfer encoding; ValueError when they are not in it."""
        self.headers.set_payload(self.raw)
        found = self.headers.get_payload(decode=True)
        if not isinstance(found, bytes):
            raise ValueError("a part has no content")  # noqa: TRY004 - it is the message that is wrong
        return found


def media_type(content_type: str | None) -> Message:
    """A content type as a message that knows its parameters (``get_content_type``, ``get_param``)."""
    mime: Message = Message()
    mime["Content-Type"] = content_type or "application/octet-stream"
    return mime


def parts(content_type: str | None, body: bytes) -> list[Part]:
    """The parts in their order, at the most ``MOST_PARTS``; ValueError for a message without any."""
    boundary = media_type(content_type).get_boundary()
    if not boundary:
        raise ValueError("a multipart message has no boundary")
    marked = re.escape(boundary.encode("latin-1", "replace"))
    border = re.compile(rb"(?:\A|\r?\n)--" + marked + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    found: list[Part] = []
    opening = border.search(body)
    while opening is not None and opening[1] is None and len(found) < MOST_PARTS:
        closing = border.search(body, opening.end())
        found.append(_part(body[opening.end() : len(body) if closing is None else closing.start()]))
        opening = closing
    if not found:
        raise ValueError("a multipart message has no first part")
    return found


def _part(segment: bytes) -> Part:
    head = _HEAD_END.search(segment)
    if head is None and not segment.endswith(b"\n"):  # the border took the line end of an empty part
        raise ValueError("a part of a message has no end of its header: it is no first part nor another")
    fields = segment if head is None else segment[: head.start()]
    headers = BytesHeaderParser().parsebytes(fields.lstrip(b"\r\n"))
    return Part(headers, b"" if head is None else segment[head.end() :])
