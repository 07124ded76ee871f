"""A SOAP message with attachments, as bytes (X-Road message protocol 4.0 § 2.4, annexes F and G).

SOAP with Attachments, or MTOM. No contract has an attachment yet, neither ours nor a partner's. The boundary
is made from the content, so the same message gives the same bytes.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

_ROOT: Final = "rootpart"
_TEXT: Final = re.compile(r"[\t -~]*")
_ID: Final = re.compile(r"[!-;=?-~]+")
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS: Final = frozenset({"content-type", "content-id", "content-transfer-encoding"})
#: The type of the whole message, and the header of the SOAP part.
_KINDS: Final = {
    False: ('type="text/xml"', "text/xml; charset=UTF-8"),
    True: (
        'type="application/xop+xml"; start-info="text/xml"',
        'application/xop+xml; charset=UTF-8; type="text/xml"',
    ),
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """What goes with a message; ``headers`` are further MIME header fields."""

    content_id: str
    content_type: str
    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        values = (self.content_type, *self.headers.values())
        names_fit = all(_NAME.fullmatch(each) and each.lower() not in _OURS for each in self.headers)
        if not _ID.fullmatch(self.content_id) or not names_fit or not all(map(_TEXT.fullmatch, values)):
            raise ValueError("a header field of an attachment cannot be written")

    @property
    def reference(self) -> str:
        """What the SOAP part says of it, as swaRef or in ``xop:Include`` (RFC 2392)."""
        return "cid:" + quote(self.content_id, safe="@.-_~")


@dataclass(frozen=True, slots=True)
class Packed:
    """A whole message and its content type."""

    content_type: str
    body: bytes = field(repr=False)


def pack(soap: bytes, attachments: Sequence[Attachment], *, mtom: bool = False) -> Packed:
    """The SOAP part (UTF-8) first, then the attachments: base64, or binary with MTOM."""
    kind, root = _KINDS[mtom]
    parts = [_part(root, _ROOT, "8bit", soap, {})]
    for each in attachments:
        content = each.content if mtom else base64.encodebytes(each.content).replace(b"\n", b"\r\n")
        encoding = "binary" if mtom else "base64"
        parts.append(_part(each.content_type, each.content_id, encoding, content, each.headers))
    boundary = _boundary(parts)
    line = f"\r\n--{boundary}\r\n".encode()
    body = line[2:] + line.join(parts) + f"\r\n--{boundary}--\r\n".encode()
    return Packed(f'multipart/related; {kind}; start="<{_ROOT}>"; boundary="{boundary}"', body)


def _part(
    content_type: str, content_id: str, encoding: str, content: bytes, more: Mapping[str, str]
) -> bytes:
    fields = {
        "Content-Type": content_type,
        "Content-Transfer-Encoding": encoding,
        "Content-ID": f"<{content_id}>",
        **more,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return head.encode("ascii") + b"\r\n" + content


def _boundary(parts: Sequence[bytes]) -> str:
    """A digest of the content, which the content cannot hold."""
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return f"part-{total.hexdigest()[:40]}"
