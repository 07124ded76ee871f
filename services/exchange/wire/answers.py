"""Answers of partners: is it an error and whose, does it belong to what was sent, was the message taken?"""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from lxml import etree

from services.exchange.model.outbox import Rendered, Reply
from services.exchange.model.problems import InvalidContentType, InvalidXml, MimeParsingFailed
from services.exchange.rules.delivery import Failure, Origin, clean_code, is_xroad_code
from services.exchange.wire import mediatype, mime, reader, requesthash
from services.exchange.wire.envelope import ENVELOPE
from services.exchange.wire.headers import IDENTIFIERS, REPRESENTATION, REQUEST_HASH, XROAD
from services.exchange.wire.requesthash import Verdict
from services.kit import log
from services.kit.problem import TooLarge

#: What the security server of the consumer compares as well, plus the id for REST's sake.
_ECHOED: Final = (
    *(f"{XROAD}{name}" for name in ("client", "service", "id", "userId", "issue")),
    f"{REPRESENTATION}representedParty",
)
_BUSY: Final = frozenset({429, 502, 503, 504})
_SECONDS: Final = re.compile(r"[0-9]{1,7}")
_SUCCESS: Final = range(200, 300)
_XML: Final = frozenset({"text/xml", "application/xml"})
_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_TRUE: Final = frozenset({"true", "1"})
_log = log.get_logger(__name__)


def failure(
    message_id: UUID, message: Rendered, reply: Reply, *, hash_demanded: bool = False
) -> Failure | None:
    """What went wrong, by the reply to a message; None when the partner has taken it.

    ``hash_demanded``: an answer over SOAP whose ``requestHash`` cannot be compared is none.
    """
    if message.protocol == "soap":
        sent = requesthash.covered(message.content_type, message.body)
        kind = reply.headers.get("content-type")
        return soap_failure(sent, reply.status, kind, reply.body, hash_demanded=hash_demanded)
    return rest_failure(str(message_id), reply.status, reply.headers, reply.body)


def soap_failure(
    sent: bytes, status: int, content_type: str | None, answer: bytes, *, hash_demanded: bool = False
) -> Failure | None:
    """What went wrong, by this answer to this envelope (of a multipart message: the bytes of its first part).

    A fault is looked for under any status, since security servers answer faults with 200; then the echo of
    the header, ``requestHash``, the partner's refusal in the wrapper, the wrapper's name.
    """
    root = envelope(content_type, answer)
    if root is None:
        return _no_soap(status)
    fault = root.find(f"{ENVELOPE}Body/{ENVELOPE}Fault")  # it may have entries of the body beside it
    if fault is not None:
        code = clean_code(fault.findtext("{*}faultcode"))
        return Failure(Origin.SECURITY_SERVER if is_xroad_code(code) else Origin.PARTNER, code)
    payload = _payload(root)
    if payload is None:
        return Failure(Origin.ANSWER, "invalid-body")
    request = reader.read(sent, "text/xml", reader.Limits())
    return (
        _echo_failure(request, root)
        or _hash_failure(root, sent, demanded=hash_demanded)
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
        return Failure(Origin.SECURITY_SERVER, _rest_code(code, headers.get("content-type"), answer), status)
    if status not in _SUCCESS:
        return Failure(Origin.PARTNER, f"http-{status}", status, _retry_after(headers.get("retry-after")))
    return None if headers.get("x-road-id") == message_id else Failure(Origin.ANSWER, "wrong-id", status)


def _rest_code(code: str, content_type: str | None, answer: bytes) -> str:
    """The code of the header; of the body, JSON or XML, where the header has none that can be read."""
    if is_xroad_code(code):
        return clean_code(code)
    try:
        told = _told_in_xml(answer) if _kind(content_type) in _XML else json.loads(answer)["type"]
    except (ValueError, KeyError, TypeError, RecursionError, InvalidContentType, InvalidXml, TooLarge):
        return clean_code(code)
    return clean_code(told if isinstance(told, str) else code)


def _told_in_xml(answer: bytes) -> str | None:
    return reader.read(answer, "text/xml", reader.Limits()).findtext("{*}type")


def _kind(content_type: str | None) -> str:
    return mediatype.read(content_type).get_content_type()


def _retry_after(value: str | None) -> timedelta | None:
    """Seconds; the form with a date is left alone."""
    return timedelta(seconds=int(value)) if value and _SECONDS.fullmatch(value) else None


def envelope(content_type: str | None, answer: bytes) -> etree._Element | None:
    """The envelope, plain or as the first part of a multipart message; None when there is none."""
    try:
        content, kind = _soap_part(content_type, answer)
        root = reader.read(content, kind, reader.Limits())
    except (InvalidContentType, InvalidXml, MimeParsingFailed, TooLarge):
        return None
    return root if root.tag == f"{ENVELOPE}Envelope" else None


def payload(content_type: str | None, answer: bytes) -> etree._Element:
    """The wrapper of an answer in which :func:`soap_failure` found nothing wrong."""
    root = envelope(content_type, answer)
    found = None if root is None else _payload(root)
    if found is None:
        raise ValueError("the answer has no wrapper")
    return found


def _soap_part(content_type: str | None, answer: bytes) -> tuple[bytes, str | None]:
    if _kind(content_type) != "multipart/related":
        return answer, content_type
    first = mime.parts(answer, content_type or "", mime.Limits())[0]
    return first.read(len(answer)), first.content_type


def _no_soap(status: int) -> Failure:
    """A security server answers SOAP with SOAP, whatever the partner does: this is of something between."""
    if status in _BUSY:
        return Failure(Origin.PARTNER, f"http-{status}", status)
    origin = Origin.ANSWER if status in _SUCCESS else Origin.TRANSPORT
    return Failure(origin, f"no-soap-{status}", status)


def _payload(root: etree._Element) -> etree._Element | None:
    body = root.find(f"{ENVELOPE}Body")
    children = [] if body is None else list(body)
    return children[0] if len(children) == 1 else None


def _field(root: etree._Element, tag: str) -> list[list[tuple[str, str]]]:
    """A header field as a security server compares it: its text, or its parts in whatever order."""
    return [
        sorted((part.tag, part.text or "") for part in (_parts(field) or [field]))
        for field in root.findall(f"{ENVELOPE}Header/{tag}")
    ]


def _parts(field: etree._Element) -> list[etree._Element]:
    return [part for part in field if part.tag.startswith((IDENTIFIERS, REPRESENTATION))]


def _echo_failure(request: etree._Element, answer: etree._Element) -> Failure | None:
    wrong = next((tag for tag in _ECHOED if _field(request, tag) != _field(answer, tag)), None)
    return None if wrong is None else Failure(Origin.ANSWER, f"wrong-{etree.QName(wrong).localname.lower()}")


def _hash_failure(answer: etree._Element, sent: bytes, *, demanded: bool) -> Failure | None:
    """Compares ``requestHash`` with what was sent; an answer without it is taken and told, or refused."""
    found = answer.findall(f"{ENVELOPE}Header/{REQUEST_HASH}")
    verdicts = {requesthash.judge(one.text or "", one.get("algorithmId"), sent) for one in found}
    if Verdict.OTHER in verdicts:
        return Failure(Origin.ANSWER, "wrong-request-hash")
    if Verdict.SAME not in verdicts:
        if demanded:
            return Failure(Origin.ANSWER, "no-request-hash")
        _log.warning("request-hash-not-verified", outcome=min(verdicts, default=Verdict.ABSENT))
    return None


def _business_failure(payload: etree._Element) -> Failure | None:
    """``faultCode`` or ``faultString`` in the wrapper, directly or one level down: Estonian practice.

    Some registers have both in every answer, with ``xsi:nil`` where all is well.
    """
    for name in ("faultCode", "faultString"):
        for path in (f"{{*}}{name}", f"*/{{*}}{name}"):
            element = payload.find(path)
            if element is not None and element.get(_NIL) not in _TRUE:
                return Failure(Origin.BUSINESS, clean_code(element.text if name == "faultCode" else None))
    return None


def _name_failure(request: etree._Element, payload: etree._Element) -> Failure | None:
    """The wrapper begins with the service's code, as security servers check; the question is no answer.

    A provider must say ``…Response``; that it does is not for us to demand (the protocol has it both ways).
    """
    asked, told = _local(_payload(request)), _local(payload)
    code = request.findtext(f"{ENVELOPE}Header/{XROAD}service/{IDENTIFIERS}serviceCode") or asked
    fits = told.startswith(code) and told != asked
    return None if fits else Failure(Origin.ANSWER, "wrong-wrapper")


def _local(element: etree._Element | None) -> str:
    return "" if element is None else etree.QName(element).localname
