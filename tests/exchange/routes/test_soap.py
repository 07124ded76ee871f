"""SOAP through the whole service: what is answered, what is kept, what is not."""

import json
import re
from io import BytesIO
from typing import Any

import pytest
import zeep
from lxml import etree

from services.exchange.wire import schema

SPACE = {
    "e": "http://schemas.xmlsoap.org/soap/envelope/",
    "t": "http://turvavork.x-road.eu/producer",
    "x": "http://x-road.eu/xsd/xroad.xsd",
}
POLIS = "ee-dev/GOV/70008747/polis"
REQUEST = "submitReferral.request.xml"
MESSAGE_ID = "4c2b8a1e-0d6f-4f0a-9b7c-3e5d1f2a6b80"


def payload(answer: Any) -> etree._Element:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    body = etree.fromstring(answer.content).find("e:Body", SPACE)
    assert len(body) == 1
    schema.check(body[0])
    return body[0]


def fault(answer: Any) -> str:
    """The code; a fault repeats nothing, has no header, and says under which id our log tells more."""
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    root = etree.fromstring(answer.content)
    assert root.find("e:Header", SPACE) is None
    found = root.find("e:Body/e:Fault", SPACE)
    assert found.findtext("detail/faultDetail") == answer.headers["x-request-id"]
    for secret in ("48805042711", "Näidis", "Mari-Liis", MESSAGE_ID, "Traceback", "services/"):
        assert secret not in answer.text
    return str(found.findtext("faultcode")).removeprefix("env:")


def field(element: etree._Element, name: str) -> str:
    return str(element.findtext(name))


def canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_tail=False)


async def count(exchange: Any, table: str) -> int:
    return int((await exchange.rows(f"select count(*) as n from {table}"))[0]["n"])  # noqa: S608 - a name of ours


async def test_a_referral_gets_a_reference_and_a_status(exchange: Any, golden: Any) -> None:
    answer = payload(await exchange.soap(golden(REQUEST)))
    assert answer.tag == "{http://turvavork.x-road.eu/producer}submitReferralResponse"
    assert field(answer, "status") == "AWAITING_SCREENING"
    (taken,) = exchange.cases.taken.items()
    assert taken[0] == field(answer, "reference")
    assert taken[1]["sender"] == {
        "client": "ee-dev/GOV/70008747/polis",
        "reference": "PV-2017-001203",
        "version": 1,
    }
    assert taken[1]["persons"][0]["personalCode"] == "48805042711"


async def test_the_header_comes_back_in_order_without_its_hash(exchange: Any, golden: Any) -> None:
    extra = b'<p:pdu xmlns:p="http://x-road.eu/xsd/pdu.xsd" a="1"><p:hidden>true</p:hidden></p:pdu>'
    hashed = b'<xrd:requestHash algorithmId="x">abc</xrd:requestHash>'
    body = golden(REQUEST).replace(b"<xrd:userId>", extra + hashed + b"<xrd:userId>")
    answer = await exchange.soap(body)
    echoed = etree.fromstring(answer.content).find("e:Header", SPACE)
    sent = etree.fromstring(body).find("e:Header", SPACE)
    sent.remove(sent.find("x:requestHash", SPACE))
    assert [canonical(each) for each in echoed] == [canonical(each) for each in sent]


@pytest.mark.parametrize("action", [None, "", '""', '"urn:other#deleteEverything"'])
async def test_the_soap_action_means_nothing(exchange: Any, golden: Any, action: str | None) -> None:
    headers = {} if action is None else {"soapaction": action}
    payload(await exchange.soap(golden(REQUEST), **headers))


async def test_a_message_in_pieces_is_a_message(exchange: Any, golden: Any) -> None:
    body = golden(REQUEST)

    async def pieces() -> Any:
        for start in range(0, len(body), 100):
            yield body[start : start + 100]

    payload(await exchange.soap(pieces()))


async def test_another_charset_is_read_and_utf_8_answered(exchange: Any, golden: Any) -> None:
    body = golden(REQUEST).decode().replace("–", "-").encode("iso-8859-15")
    payload(await exchange.soap(body, **{"content-type": "text/xml; charset=iso-8859-15"}))
    (taken,) = exchange.cases.taken.values()
    assert taken["persons"][0]["familyName"] == "Näidis"


async def test_nothing_of_a_message_is_logged(
    exchange: Any, golden: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    body = golden(REQUEST)
    exchange.cases.mode = "wrong"
    for sent in (
        body,
        body.replace(b"48805042711", b"48805042712"),
        body.replace(b"Naabrid", b"Keegi"),
        body.replace(b">polva<", b">Mari-Liis<"),
        body.replace(b">70008747<", b">Mari-Liis<"),
        body[:-200],
    ):
        await exchange.soap(sent)
    told = "".join(capfd.readouterr())
    assert "case-register" in told or "service-answered-wrongly" in told
    for secret in ("Mari-Liis", "4880504271", "EE38501170364", "PV-2017", MESSAGE_ID, "Naabrid"):
        assert secret not in told


async def test_what_is_kept_is_sealed(exchange: Any, golden: Any) -> None:
    await exchange.soap(golden(REQUEST))
    (row,) = await exchange.rows("select * from inbox")
    assert (row["state"], row["status"], row["message_id"]) == (
        "handed-over",
        "AWAITING_SCREENING",
        MESSAGE_ID,
    )
    assert row["referral_sealed"] is None
    dump = repr(await exchange.rows("select i::text as everything from inbox i"))
    dump += repr(
        await exchange.rows("select a::text as everything, convert_from(canonical, 'UTF8') from audit a")
    )
    for secret in ("48805042711", "EE38501170364", "Mari-Liis", "2017-1203"):
        assert secret not in dump
    assert b"48805042711" not in row["message_sealed"]


async def test_receipt_leaves_a_row_and_so_does_the_answer(exchange: Any, golden: Any) -> None:
    await exchange.soap(golden(REQUEST))
    rows = await exchange.rows("select * from audit order by action desc")
    assert [(row["actor"], row["action"], row["rule_id"], row["client"]) for row in rows] == [
        (POLIS, "receive", "xroad-own-messages", POLIS),
        (POLIS, "disclose", "xroad-own-messages", POLIS),
    ]


async def test_the_access_line_names_the_path(
    exchange: Any, golden: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    await exchange.soap(golden(REQUEST))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["route"] for line in lines if line["event"] == "request"] == ["/xroad/soap"]


FAULTS: dict[str, tuple[str, str, str]] = {
    "no header": (r"<SOAP-ENV:Header>.*</SOAP-ENV:Header>", "", "Client.missing_header"),
    "no client": (r"<xrd:client.*</xrd:client>", "", "Client.missing_header_field"),
    "no service": (r"<xrd:service.*</xrd:service>", "", "Client.missing_header_field"),
    "no id": (r"<xrd:id>.*</xrd:id>", "", "Client.missing_header_field"),
    "no version": (r"<xrd:protocolVersion>.*</xrd:protocolVersion>", "", "Client.missing_header_field"),
    "two ids": (r"(<xrd:id>.*</xrd:id>)", r"\1\1", "Client.duplicate_header_field"),
    "no object type": (r'xrd:client id:objectType="SUBSYSTEM"', "xrd:client", "Client.invalid_header_field"),
    "old protocol": (r">4\.0<", ">3.5<", "Client.invalid_protocol_version"),
    "no body": (r"<SOAP-ENV:Body>.*</SOAP-ENV:Body>", "", "Client.missing_body"),
    "empty body": (r"(<SOAP-ENV:Body>).*(</SOAP-ENV:Body>)", r"\1\2", "Client.invalid_body"),
    "two children": (r"(</SOAP-ENV:Body>)", r"<x/>\1", "Client.invalid_body"),
    "another wrapper": (r"tv:submitReferral\b", "tv:getReferralStatus", "Client.inconsistent_headers"),
    "a wrapper by prefix": (
        r"tv:submitReferral\b",
        "tv:submitReferralRequest",
        "Client.inconsistent_headers",
    ),
    "a wrapper of another namespace": (
        r"turvavork\.x-road\.eu",
        "other.x-road.eu",
        "Client.inconsistent_headers",
    ),
    "unknown service": (
        r"serviceCode>submitReferral",
        "serviceCode>deleteEverything",
        "Client.unknown_service",
    ),
    "unknown version": (r">v1<", ">v2<", "Client.unknown_service"),
    "no service version": (r"<id:serviceVersion>.*</id:serviceVersion>", "", "Client.unknown_service"),
    "another member's service": (r">70001975<", ">70001976<", "Client.unknown_service"),
    "unknown client": (r">70008747<", ">70008748<", "Client.access_denied"),
    "another instance's client": (r"(<xrd:client.*?)ee-dev", r"\1EE", "Client.access_denied"),
    "soap 1.2": (
        r"http://schemas\.xmlsoap\.org/soap/envelope/",
        "http://www.w3.org/2003/05/soap-envelope",
        "Client.soap_version_unsupported",
    ),
    "no soap": (r"SOAP-ENV:Envelope", "SOAP-ENV:Letter", "Client.invalid_soap"),
    "no xml": (r".*", "Mari-Liis", "Client.invalid_xml"),
    "nothing": (r".*", "", "Client.invalid_xml"),
    "doctype": (r"<SOAP-ENV:Envelope", "<!DOCTYPE a><SOAP-ENV:Envelope", "Client.invalid_xml"),
    "schema": (r"<region>polva", "<region>Mari-Liis", "Client.schema_violation"),
    "no such day": (r"<birthDate>1988-05-04", "<birthDate>1988-06-31", "Client.schema_violation"),
    "no such hour": (r"21:40:00", "24:00:00", "Client.schema_violation"),
}


@pytest.mark.parametrize(("pattern", "replacement", "code"), FAULTS.values(), ids=FAULTS.keys())
async def test_a_wrong_message_is_a_fault_and_leaves_only_the_row_of_its_refusal(
    exchange: Any, golden: Any, pattern: str, replacement: str, code: str
) -> None:
    body = re.sub(
        pattern,
        replacement,
        golden(REQUEST).decode(),
        count=0 if "tv:" in pattern or "http" in pattern or "SOAP-ENV:E" in pattern else 1,
        flags=re.DOTALL,
    )
    assert fault(await exchange.soap(body.encode())) == code
    assert await count(exchange, "inbox") == 0
    (row,) = await exchange.rows("select action, decision, problem, actor, canonical from audit")
    assert (row["action"], row["decision"]) == ("refuse", "deny")
    assert row["problem"] == code.removeprefix("Client.").replace("_", "-")
    assert b"Mari-Liis" not in row["canonical"]
    assert exchange.cases.calls == []


@pytest.mark.parametrize("content_type", ["application/soap+xml", "application/json", "text/plain", None])
async def test_another_content_type_is_a_fault(exchange: Any, golden: Any, content_type: str | None) -> None:
    answer = await exchange.soap(golden(REQUEST), **{"content-type": content_type or ""})
    assert fault(answer) == "Client.invalid_content_type"


async def test_two_million_elements_are_a_fault(exchange: Any) -> None:
    answer = await exchange.soap(b"<a>" + b"<b/>" * 2_000_000 + b"</a>")
    assert fault(answer) == "Client.too_large"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_another_method_is_a_fault(exchange: Any, method: str) -> None:
    answer = await exchange.http.request(
        method, "/xroad/soap", headers={"x-turvavork-gateway": "a-gateway-secret-of-tests"}
    )
    assert fault(answer) == "Client.method_not_allowed"


@pytest.mark.parametrize("path", ["/xroad/soap/", "/xroad/soap/v1", "/xroad/soap?xsd", "/xroad/soap"])
async def test_another_path_is_a_fault(exchange: Any, path: str) -> None:
    answer = await exchange.http.get(path, headers={"x-turvavork-gateway": "a-gateway-secret-of-tests"})
    assert fault(answer) == "Client.not_found"


async def test_a_crash_is_a_fault_that_says_nothing(
    exchange: Any, golden: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any) -> None:
        raise ZeroDivisionError("Mari-Liis")

    monkeypatch.setattr(schema, "check", crash)
    assert fault(await exchange.soap(golden(REQUEST))) == "Server.internal_error"


@pytest.mark.parametrize("query", ["wsdl", "WSDL"])
async def test_the_description_is_served_byte_for_byte(exchange: Any, query: str) -> None:
    answer = await exchange.http.get(
        f"/xroad/soap?{query}", headers={"x-turvavork-gateway": "a-gateway-secret-of-tests"}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert answer.content == schema.wsdl()


RULES: dict[str, tuple[str, str, str, str]] = {
    "personal code": ("48805042711", "48805042712", "persons/person[1]/personalCode", "check-digit"),
    "future event": ("2017-03-01T21:40", "2017-05-05T21:40", "event/occurredAt", "future"),
    "a child of 18": ("<birthDate>2012-09-30", "<birthDate>1999-03-02", "persons/person[3]", "not-a-child"),
    "no reason": (
        "<judgementReason>Kägistamine, mida kannatanu ise peab tühiseks.</judgementReason>",
        "",
        "judgementReason",
        "required",
    ),
    "region": (">polva<", ">tallinn-4<", "region", "not-at-work"),
}


@pytest.mark.parametrize("rule", RULES)
async def test_a_broken_rule_is_answered_in_the_wrapper_and_nothing_is_kept(
    exchange: Any, golden: Any, rule: str
) -> None:
    old, new, place, code = RULES[rule]
    body = golden(REQUEST).decode().replace(old, new).encode()
    answer = await exchange.soap(body)
    wrapper = payload(answer)
    assert field(wrapper, "faultCode") == "referral-invalid"
    places = [(field(e, "path"), field(e, "code")) for e in wrapper.findall("error")]
    assert (f"/submitReferral/referral/{place}", code) in places
    assert "48805042712" not in answer.text
    assert await count(exchange, "inbox") == 0
    (row,) = await exchange.rows("select problem, actor, operation from audit")
    assert tuple(row.values()) == ("referral-invalid", "ee-dev/GOV/70008747/polis", "submit_referral")


async def test_a_refused_message_reserves_nothing(exchange: Any, golden: Any) -> None:
    body = golden(REQUEST)
    payload(await exchange.soap(body.replace(b"48805042711", b"48805042712")))
    assert field(payload(await exchange.soap(body)), "status") == "AWAITING_SCREENING"


async def test_zeep_sends_and_reads(exchange: Any, zeep_headers: Any, zeep_referral: Any) -> None:
    client = zeep.Client(BytesIO(schema.wsdl()))
    made = client.create_message(client.service, "submitReferral", **zeep_referral, _soapheaders=zeep_headers)
    answer = await exchange.soap(etree.tostring(made))
    binding = client.service._binding
    read = binding.process_reply(client, binding.get("submitReferral"), _Reply(answer))
    assert read.body.status == "AWAITING_SCREENING"
    assert read.body.faultCode is None
    assert read.header.id == "zeep-1"
    zeep_referral = zeep_referral | {
        "version": 2,
        "referral": zeep_referral["referral"] | {"region": "narva"},
    }
    made = client.create_message(
        client.service, "submitReferral", **zeep_referral, _soapheaders=zeep_headers | {"id": "zeep-2"}
    )
    read = binding.process_reply(
        client, binding.get("submitReferral"), _Reply(await exchange.soap(etree.tostring(made)))
    )
    assert (read.body.reference, read.body.faultCode) == (None, "referral-invalid")
    assert read.body.error[0].code == "not-at-work"


async def test_zeep_reads_a_fault(exchange: Any, zeep_headers: Any, zeep_referral: Any) -> None:
    client = zeep.Client(BytesIO(schema.wsdl()))
    other = zeep_headers | {"client": zeep_headers["client"] | {"memberCode": "1"}}
    made = client.create_message(client.service, "submitReferral", **zeep_referral, _soapheaders=other)
    binding = client.service._binding
    with pytest.raises(zeep.exceptions.Fault) as caught:
        binding.process_reply(
            client, binding.get("submitReferral"), _Reply(await exchange.soap(etree.tostring(made)))
        )
    assert caught.value.code == "env:Client.access_denied"


class _Reply:
    """An answer as zeep's transport gives it."""

    def __init__(self, answer: Any) -> None:
        self.status_code, self.content, self.headers = answer.status_code, answer.content, answer.headers
        self.encoding = "utf-8"
