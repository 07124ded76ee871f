from collections.abc import Callable

import pytest
from lxml import etree

from services.exchange.model.problems import (
    InvalidBody,
    InvalidSoap,
    MissingBody,
    MissingHeader,
    SoapVersionUnsupported,
)
from services.exchange.wire import envelope
from services.exchange.wire.reader import Limits
from services.kit.problem import Problem

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
LIMITS = Limits()


def wrap(inside: str, space: str = SOAP) -> bytes:
    return f'<e:Envelope xmlns:e="{space}">{inside}</e:Envelope>'.encode()


WRONG: dict[str, tuple[bytes, type[Problem]]] = {
    "no envelope": (b"<a/>", InvalidSoap),
    "unqualified envelope": (b"<Envelope><Header/><Body><a/></Body></Envelope>", InvalidSoap),
    "soap 1.2": (
        wrap("<e:Header/><e:Body><a/></e:Body>", "http://www.w3.org/2003/05/soap-envelope"),
        SoapVersionUnsupported,
    ),
    "no header": (wrap("<e:Body><a/></e:Body>"), MissingHeader),
    "two headers": (wrap("<e:Header/><e:Header/><e:Body><a/></e:Body>"), InvalidSoap),
    "no body": (wrap("<e:Header/>"), MissingBody),
    "two bodies": (wrap("<e:Header/><e:Body><a/></e:Body><e:Body><a/></e:Body>"), InvalidBody),
    "empty body": (wrap("<e:Header/><e:Body/>"), InvalidBody),
    "text body": (wrap("<e:Header/><e:Body>x</e:Body>"), InvalidBody),
    "two children": (wrap("<e:Header/><e:Body><a/><b/></e:Body>"), InvalidBody),
}


@pytest.mark.parametrize(("body", "problem"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_envelope_is_refused(body: bytes, problem: type[Problem]) -> None:
    with pytest.raises(problem):
        envelope.read(body, "text/xml", LIMITS)


def test_a_default_namespace_does_not_reach_the_answer(golden: Callable[[str], bytes]) -> None:
    body = (
        golden("submitReferral.request.xml").replace(b"SOAP-ENV:", b"").replace(b"xmlns:SOAP-ENV", b"xmlns")
    )
    body = body.replace(b"<tv:submitReferral xmlns:tv", b'<tv:submitReferral xmlns="" xmlns:tv')
    request = envelope.read(body, "text/xml", LIMITS)
    answer = etree.fromstring(envelope.answer(request, b"<plain><x/></plain>"))
    assert answer.tag == f"{{{SOAP}}}Envelope"
    assert [child.tag for child in answer] == [f"{{{SOAP}}}Header", f"{{{SOAP}}}Body"]
    assert [element.tag for element in answer[1].iter()][1:] == ["plain", "x"]
    assert len(answer[0]) == 6
