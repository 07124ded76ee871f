"""SOAP with Attachments (W3C note, 2000-12-11), MTOM and XOP (W3C, 2005-01-25).

The first part is the message, whatever ``start`` says: so security servers read it. They do not decode it;
what they can read as it is cannot be decoded (no base64 has a ``<``, in quoted-printable no quote follows a
``=``), so there are not two readings of one message. Every further part is an attachment, delivered as one
part whatever is inside it. An attachment that nothing refers to is no error: the contracts that we publish
have none, so a referral that comes with some is read from its SOAP part alone, and the attachments are kept,
sealed, in the message as it came. They count in its digest: the same id with another attachment is another
message. A reference without its attachment is an error: something was lost.
"""

import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from lxml import etree

from services.exchange.model.problems import AttachmentMissing, InvalidContentType, InvalidXml
from services.exchange.wire import mime
from services.exchange.wire.mime import Part

XOP_INCLUDE: Final = "{http://www.w3.org/2004/08/xop/include}Include"
_BOM: Final = b"\xef\xbb\xbf"
_REFERENCE: Final = re.compile(r"\s*cid:(\S+)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Package:
    """A message in parts: the SOAP part as it would stand alone, and the attachments in their order."""

    soap: bytes = field(repr=False)
    content_type: str
    attachments: tuple[Part, ...]


def read(buffer: mime.Buffer, content_type: str, most: int) -> Package:
    """Takes a message apart; ``most`` bytes may its SOAP part have.

    Raises InvalidContentType (also when the first part does not say that it is SOAP), MimeParsingFailed,
    TooLarge.
    """
    found = mime.parts(buffer, content_type, mime.Limits())
    if found[0].content_type is None:
        raise InvalidContentType("the first part is not the SOAP message")
    return Package(found[0].read(most), found[0].content_type, found[1:])


def digest(soap: bytes, attachments: Sequence[Part] = ()) -> bytes:
    """SHA-256 over the SOAP part and the decoded attachments; of a message without any, over its bytes.

    So how the parts were packed (boundary, encoding) makes no difference to whether a message is the same.
    A byte order mark is left out, since a security server may take it away. Raises MimeParsingFailed for an
    attachment that cannot be decoded.
    """
    own = hashlib.sha256(soap.removeprefix(_BOM)).digest()
    if not attachments:
        return own
    total = hashlib.sha256(own)
    for each in attachments:
        content = hashlib.sha256()
        for chunk in each.chunks():
            content.update(chunk)
        total.update(content.digest())
    return total.digest()


def named(attachments: Sequence[Part], reference: str) -> Part:
    """The attachment of a ``cid:`` reference (RFC 2392); AttachmentMissing unless there is exactly one."""
    match = _REFERENCE.fullmatch(reference)
    wanted = None if match is None else mime.bare(unquote(match[1]))
    found = [each for each in attachments if each.content_id and unquote(each.content_id) == wanted]
    if len(found) != 1:
        raise AttachmentMissing
    return found[0]


def resolve(payload: etree._Element, attachments: Sequence[Part], most: int) -> None:
    """Puts what ``xop:Include`` refers to in its place, as base64 (XOP § 3.2), and looks for all the rest.

    A reference is an element or attribute that holds a ``cid:`` address and nothing else (swaRef). Raises
    AttachmentMissing, InvalidXml for an Include that is not alone, TooLarge when more than ``most`` bytes
    would be put in.
    """
    for include in list(payload.iter(XOP_INCLUDE)):
        most -= _put_in(include, attachments, most)
    for element in payload.iter():
        for value in (element.text or "", *element.attrib.values()):
            if _REFERENCE.fullmatch(value):
                named(attachments, value)


def _put_in(include: etree._Element, attachments: Sequence[Part], most: int) -> int:
    """How many bytes it was."""
    holder = include.getparent()
    around = "" if holder is None else f"{holder.text or ''}{include.tail or ''}"
    if holder is None or len(holder) > 1 or around.strip():
        raise InvalidXml("an xop:Include is not alone in its element")
    content = named(attachments, include.get("href", "")).read(most)
    holder.remove(include)
    holder.text = binascii.b2a_base64(content, newline=False).decode("ascii")
    return len(content)
