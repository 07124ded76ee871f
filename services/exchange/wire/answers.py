"""Answers of partners: is it an error and whose, does it belong to what was sent, was the message taken?"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Final
from uuid import UUID

from lxml import etree

from services.exchange.model.outbox import Rendered, Reply
from services.exchange.model.problems import InvalidContentType, InvalidXml
from services.exchange.rules.delivery import Failure, Origin, clean_code, is_xroad_code
from services.exchange.wire import reader
from services.exchange.wire.envelope import ENVELOPE
from services.kit.problem import TooLarge

_XROAD: Final = "{http://x-road.eu/xsd/xroad.xsd}"
_ECHOED: Final = ("client", "service", "id", "userId", "issue")
_ALGORITHMS: Final = {
    "http://www.w3.org/2001/04/xmlenc#sha256": hashlib.sha256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashlib.sha384,
    "http://www.w3.org/2001/04/xmlenc#sha512": hashlib.sha512,
}
_BUSY: Final = frozenset({429, 502, 503, 504})
_DEEPEST_FAULT_CODE: Final = 2
_SECONDS: Final = re.compile(r"[0-9]{1,7}")
_SUCCESS: Final = range(200, 300)


def failure(message_id: UUID, message: Rendered, reply: Reply) -> Failure | None:
    """What went wrong, by the reply to a message; None when the partner has taken it."""
    if message.protocol == "soap":
        return soap_failure(message.body, reply.status, reply.headers.get("content-type"), reply.body)
    return rest_failure(str(message_id), reply.status, reply.headers, reply.body)


def soap_failure(sent: bytes, status: int, content_type: str | None, answer: bytes) -> Failure | None:
    """What went wrong, by this answer to these bytes.

    A fault is looked for under any status, since security servers answer faults with 200; then the echo of
    the header, ``requestHash`` if it is there, the partner's refusal in the wrapper, the wrapper's name.
    """
    root = _envelope(content_type, answer)
    if root is None:
        return _no_soap(status)
    payload = _payload(root)
    if payload is None:
        return Failure(Origin.ANSWER, "invalid-body")
    if payload.tag == f"{ENVELOPE}Fault":
        code = clean_code(payload.findtext("faultcode"))
        return Failure(Origin.SECURITY_SERVER if is_xroad_code(code) else Origin.PARTNER, code)
    request = reader.read(sent, "text/xml", reader.Limits())
    return (
        _echo_failure(request, root)
        or _hash_failure(root, sent)
        or _business_failure(payload)
        or _name_failure(request, payload)
    )


def rest_failure(message_id: str, status: int, headers: Mapping[str, str], answer: bytes) -> Failure | None:
    """The same over REST; the presence of ``X-Road-Error``, never the status, tells whose error it is.

    Args:
        message_id: what was sent as ``X-Road-Id``; the security server repeats it.
        status: the answer's.
        headers: the answer's, by names of any case.
        answer: the body.
    """
    code = headers.get("x-road-error")
    if code is not None:
        return Failure(Origin.SECURITY_SERVER, _rest_code(code, answer), status)
    if status not in _SUCCESS:
        return Failure(Origin.PARTNER, f"http-{status}", status, _retry_after(headers.get("retry-after")))
    return None if headers.get("x-road-id") == message_id else Failure(Origin.ANSWER, "wrong-id", status)


def _rest_code(code: str, answer: bytes) -> str:
    """The code of the header; of the body, where the header has none that can be read."""
    if is_xroad_code(code):
        return clean_code(code)
    try:
        told = json.loads(answer)["type"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return clean_code(code)
    return clean_code(told if isinstance(told, str) else code)


def _retry_after(value: str | None) -> timedelta | None:
    """Seconds; the form with a date is left alone."""
    return timedelta(seconds=int(value)) if value and _SECONDS.fullmatch(value) else None


def _envelope(content_type: str | None, answer: bytes) -> etree._Element | None:
    """The envelope, plain or as the first part of a multipart message; None when there is none."""
    try:
        content, kind = _soap_part(content_type, answer)
        root = reader.read(content, kind, reader.Limits())
    except (InvalidContentType, InvalidXml, TooLarge):
        return None
    return root if root.tag == f"{ENVELOPE}Envelope" else None


def _soap_part(content_type: str | None, answer: bytes) -> tuple[bytes, str | None]:
    mime: Message = Message()
    mime["Content-Type"] = content_type or "application/octet-stream"
    if mime.get_content_type() != "multipart/related":
        return answer, content_type
    head = b"Content-Type: " + (content_type or "").encode("ascii", "replace") + b"\r\n\r\n"
    first = next((part for part in BytesParser(policy=HTTP).parsebytes(head + answer).iter_parts()), None)
    content = None if first is None else first.get_payload(decode=True)
    if first is None or not isinstance(content, bytes):
        raise InvalidContentType
    if first.get_content_type() == "application/xop+xml":
        return content, "text/xml; charset=utf-8"
    return content, first["Content-Type"]


def _no_soap(status: int) -> Failure:
    if status in _BUSY:  # the security server, or something before it, is busy
        return Failure(Origin.PARTNER, f"http-{status}", status)
    return Failure(Origin.ANSWER, f"no-soap-{status}")


def _payload(root: etree._Element) -> etree._Element | None:
    body = root.find(f"{ENVELOPE}Body")
    children = [] if body is None else list(body)
    return children[0] if len(children) == 1 else None


def _field(root: etree._Element, name: str) -> list[tuple[str, str]] | None:
    """A header field as names and texts: prefixes, and space between elements, do not matter."""
    element = root.find(f"{ENVELOPE}Header/{_XROAD}{name}")
    if element is None:
        return None
    return [(one.tag, one.text or "") for one in (list(element) or [element])]


def _echo_failure(request: etree._Element, answer: etree._Element) -> Failure | None:
    wrong = next((name for name in _ECHOED if _field(request, name) != _field(answer, name)), None)
    return None if wrong is None else Failure(Origin.ANSWER, f"wrong-{wrong.lower()}")


def _hash_failure(answer: etree._Element, sent: bytes) -> Failure | None:
    """Compares ``requestHash`` with what was sent; it may be absent, or of an unknown algorithm."""
    element = answer.find(f"{ENVELOPE}Header/{_XROAD}requestHash")
    algorithm = None if element is None else _ALGORITHMS.get(element.get("algorithmId") or "")
    if element is None or algorithm is None:
        return None
    told = "".join((element.text or "").split())
    expected = base64.b64encode(algorithm(sent).digest())
    same = hmac.compare_digest(told.encode(), expected)
    return None if same else Failure(Origin.ANSWER, "wrong-request-hash")


def _business_failure(payload: etree._Element) -> Failure | None:
    """``faultCode`` or ``faultString`` in the wrapper, directly or one level down: Estonian practice."""
    level = len(list(payload.iterancestors()))
    for element in payload.iter("{*}faultCode", "{*}faultString"):
        if len(list(element.iterancestors())) - level <= _DEEPEST_FAULT_CODE:
            is_code = etree.QName(element).localname == "faultCode"
            return Failure(Origin.BUSINESS, clean_code(element.text if is_code else None))
    return None


def _name_failure(request: etree._Element, payload: etree._Element) -> Failure | None:
    asked = _payload(request)
    expected = None if asked is None else f"{etree.QName(asked).localname}Response"
    return None if etree.QName(payload).localname == expected else Failure(Origin.ANSWER, "wrong-wrapper")
