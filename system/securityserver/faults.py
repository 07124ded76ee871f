"""What a security server says when it refuses: codes of both generations, as SOAP Fault or REST error."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final
from uuid import uuid4

from lxml import etree
from starlette.responses import JSONResponse, Response

ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_FIXED: Final = {
    "clientproxy": "ClientProxy",
    "serverproxy": "ServerProxy",
    "opmonitor": "OpMonitor",
    "io_error": "IOError",
    "global_conf_outdated": "OutdatedGlobalConf",
}


class Generation(StrEnum):
    """Spelling of error codes: CamelCase up to 7.7, snake_case from 7.8."""

    OLD = "7.7"
    NEW = "7.8"


class XRoadError(Exception):
    """A refusal of the security server; ``code`` is written in the new spelling."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@contextmanager
def refused_as(prefix: str) -> Iterator[None]:
    """Gives refusals of an inner reader, which knows only the last part of a code, the part before it."""
    try:
        yield
    except XRoadError as error:
        raise XRoadError(f"{prefix}.{error.code}", error.message) from error


def spell(code: str, generation: Generation) -> str:
    """The code as servers of that generation write it."""
    if generation is Generation.NEW:
        return code
    return ".".join(_camel(part) for part in code.split("."))


def _camel(part: str) -> str:
    return _FIXED.get(part) or "".join(word.capitalize() for word in part.split("_"))


def soap_fault(code: str, message: str) -> bytes:
    """A fault as a security server makes it: a dotted code, no QName, a UUID in the detail."""
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"SOAP-ENV": ENVELOPE})
    body = etree.SubElement(envelope, f"{{{ENVELOPE}}}Body")
    fault = etree.SubElement(body, f"{{{ENVELOPE}}}Fault")
    etree.SubElement(fault, "faultcode").text = code
    etree.SubElement(fault, "faultstring").text = message
    etree.SubElement(fault, "faultactor").text = ""
    detail = etree.SubElement(etree.SubElement(fault, "detail"), "faultDetail")
    detail.text = str(uuid4())
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def soap_error(error: XRoadError, generation: Generation) -> Response:
    """A refusal over SOAP: HTTP 200, as security servers answer faults to their own information system."""
    content = soap_fault(spell(error.code, generation), error.message)
    return Response(content, 200, media_type="text/xml;charset=UTF-8")


def rest_error(error: XRoadError, generation: Generation) -> Response:
    """A refusal over REST: 500 for codes of a server, else 400; a partner's own has no ``X-Road-Error``."""
    code = spell(error.code, generation)
    status = 500 if error.code.startswith("server.") else 400
    body = {"type": code, "message": error.message, "detail": str(uuid4())}
    return JSONResponse(body, status, headers={"X-Road-Error": code})
