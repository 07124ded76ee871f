import pytest
from lxml import etree

from services.exchange.model.problems import InvalidXml, SchemaViolation, SoapVersionUnsupported
from services.exchange.wire import faults
from services.kit.problem import FieldError, InternalError, Overloaded, Problem, UpstreamUnavailable


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (InvalidXml(), "Client.invalid_xml"),
        (SoapVersionUnsupported(), "Client.soap_version_unsupported"),
        (Overloaded(), "Server.overloaded"),
        (InternalError(), "Server.internal_error"),
        (UpstreamUnavailable(), "Server.upstream_unavailable"),
    ],
)
def test_the_code_says_whose_fault_it_is(problem: Problem, code: str) -> None:
    assert faults.code(problem) == code


def test_a_fault_is_soap_1_1() -> None:
    places = [FieldError("/submitReferral/*", "form", "a < b & c")]
    root = etree.fromstring(faults.fault(SchemaViolation("see <errors>", errors=places), "an-id"))
    space = {"e": "http://schemas.xmlsoap.org/soap/envelope/"}
    fault = root.find("e:Body/e:Fault", space)
    assert [child.tag for child in fault] == ["faultcode", "faultstring", "detail"]
    assert fault.findtext("faultcode") == "env:Client.schema_violation"
    assert fault.nsmap["env"] == space["e"]
    assert fault.findtext("faultstring").endswith("The message does not fit its schema: see <errors>")
    assert fault.findtext("detail/faultDetail") == "an-id"
    assert fault.findtext("detail/error/reason") == "a < b & c"
    assert root.find("e:Header", space) is None


def test_a_hundred_errors_are_enough() -> None:
    many = [FieldError(f"/{number}", "form", "") for number in range(500)]
    assert faults.errors(many).count("<error>") == 100
