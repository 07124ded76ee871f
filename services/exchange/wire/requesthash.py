"""``requestHash``: that an answer belongs to the bytes that were sent.

Source: X-Road message protocol 4.0, section 2.2 and annex E. The hash covers the body of the request as it
was sent, of a multipart request the content of its first part: no canonical form, a byte order mark included.
"""

import base64
import hashlib
import hmac
from enum import StrEnum
from typing import Final

from services.exchange.wire import mediatype, mime

_ALGORITHMS: Final = {
    "http://www.w3.org/2001/04/xmlenc#sha256": hashlib.sha256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashlib.sha384,
    "http://www.w3.org/2001/04/xmlenc#sha512": hashlib.sha512,
    # the bare names of security servers and libraries before the addresses of XML
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
}


class Verdict(StrEnum):
    """What the hash of an answer says; an algorithm that we do not know says nothing."""

    SAME = "same"
    OTHER = "other"
    ABSENT = "absent"
    UNKNOWN_ALGORITHM = "unknown-algorithm"


def covered(content_type: str, sent: bytes) -> bytes:
    """The bytes of a request that its hash covers.

    Raises InvalidContentType, MimeParsingFailed for a multipart request without a first part.
    """
    if mediatype.read(content_type).get_content_maintype() != "multipart":
        return sent
    first = mime.parts(sent, content_type, mime.Limits())[0]
    return first.read(len(sent))  # a SOAP part is sent as it is: its transfer encoding is 8bit


def judge(told: str, algorithm: str | None, content: bytes) -> Verdict:
    """Compares a hash with what was sent.

    Args:
        told: text of the element, base64; space in it does not matter.
        algorithm: its ``algorithmId``.
        content: the bytes that it covers (:func:`covered`).
    """
    known = _ALGORITHMS.get(algorithm or "")
    if known is None:
        return Verdict.UNKNOWN_ALGORITHM
    expected = base64.b64encode(known(content).digest())
    same = hmac.compare_digest("".join(told.split()).encode("utf-8", "replace"), expected)
    return Verdict.SAME if same else Verdict.OTHER
