"""The bytes of a request, by the numbered cases of `docs/xroad-cases.md`: what is read, what is refused."""

import re
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

WRAPPER = '<tv:submitReferral xmlns:tv="http://turvavork.x-road.eu/producer">'
SOAP = 'xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"'
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def prefixes(message: str) -> str:
    for old, new in (("SOAP-ENV", "ns1"), ("xrd", "xro"), ("id:", "ns3:"), ("tv", "_")):
        message = re.sub(rf"\b{old}(?=[:=])", new, message) if old != "id:" else message.replace(old, new)
    return message.replace("xmlns:id=", "xmlns:ns3=")


def default_soap(message: str) -> str:
    plain = message.replace(SOAP, SOAP.replace("xmlns:SOAP-ENV", "xmlns")).replace("SOAP-ENV:", "")
    return plain.replace(WRAPPER, WRAPPER.replace(">", ' xmlns="">'))


def default_fields(message: str) -> str:
    return re.sub(r"<xrd:(\w+)", r'<\1 xmlns="http://x-road.eu/xsd/xroad.xsd"', message).replace(
        "</xrd:", "</"
    )


def default_parts(message: str) -> str:
    return re.sub(
        r"<id:(\w+)>(.*?)</id:\1>", r'<\1 xmlns="http://x-road.eu/xsd/identifiers">\2</\1>', message
    )


def default_wrapper(message: str) -> str:
    plain = message.replace("tv:submitReferral", "submitReferral").replace("xmlns:tv", "xmlns")
    return re.sub(r"<(senderReference|version|referral)>", r'<\1 xmlns="">', plain)


PREFIXES: dict[str, Callable[[str], str]] = {
    "other prefixes": prefixes,
    "soap as default": default_soap,
    "x-road as default": default_fields,
    "identifiers as default": default_parts,
    "ours as default": default_wrapper,
    "all declared anew": lambda m: m.replace("<xrd:", "<xrd:", 1).replace(
        "<referral>", '<referral xmlns:xrd="urn:x" xmlns:tv="urn:y" xmlns:id="urn:z">'
    ),
}


async def expected(provider: Any) -> dict[str, Any]:
    """What the plain request means."""
    provider.accepted(await provider.call(provider.request))
    meant: dict[str, Any] = provider.taken()
    await provider.running.forget()
    return meant


@pytest.mark.parametrize("rewrite", PREFIXES.values(), ids=PREFIXES.keys())
async def test_p09_prefixes_are_the_sender_s_choice(provider: Any, rewrite: Callable[[str], str]) -> None:
    meant = await expected(provider)
    sent = rewrite(provider.request)
    assert sent != provider.request
    provider.accepted(await provider.call(sent))
    assert provider.taken() == meant


def comments(message: str) -> str:
    inside = message.replace("Mari-Liis", "Mari<!-- <a/> -->-Li<!-- -->is")
    inside = inside.replace(">70008747<", "><!-- x -->7000<!-- y -->8747<").replace(
        ">polva<", ">pol<!--x-->va<"
    )
    around = inside.replace(">\n", "><!-- between -->\n").removeprefix(
        DECLARATION.rstrip() + "<!-- between -->"
    )
    return f"<!-- before -->\n{around}<!-- after -->\n"


def cdata(message: str) -> str:
    for value in ("Mari-Liis", "70008747", "submitReferral<", "polva", "EE38501170364", "4.0", "1988-05-04"):
        plain = value.removesuffix("<")
        message = message.replace(f">{plain}<", f"><![CDATA[{plain}]]><")
    return message.replace("Naabrid kutsusid", "Naabrid<![CDATA[ ]]>kuts<![CDATA[usid]]>")


def references(message: str) -> str:
    coded = message.replace("ä", "&#228;").replace("õ", "&#xF5;").replace("Mari", "&#77;ar&#x69;")
    return coded.replace(">polva<", ">&#112;olva<").replace(">v1<", ">&#x76;1<").replace("–", "&#8211;")


FORMS: dict[str, Callable[[str], bytes]] = {
    "no declaration": lambda m: m.removeprefix(DECLARATION).encode(),
    "another declaration": lambda m: m.replace(
        DECLARATION, "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>"
    ).encode(),
    "byte order mark": lambda m: b"\xef\xbb\xbf" + m.encode(),
    "byte order mark, no declaration": lambda m: b"\xef\xbb\xbf" + m.removeprefix(DECLARATION).encode(),
    "no white space": lambda m: re.sub(r">\s+<", "><", m).encode(),
    "crlf": lambda m: m.replace("\n", "\r\n").encode(),
    "tabs": lambda m: m.replace("  ", "\t").encode(),
    "comments": lambda m: comments(m).encode(),
    "cdata": lambda m: cdata(m).encode(),
    "character references": lambda m: references(m).encode(),
    "ascii with references": lambda m: m.encode("ascii", "xmlcharrefreplace"),
    "instructions": lambda m: m.replace("<SOAP-ENV:Body>", "<?a b?><SOAP-ENV:Body><?c d?>").encode(),
    "declared utf-16, and told utf-8": lambda m: m.replace("UTF-8", "utf-16").encode(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
async def test_p10_every_form_of_xml_means_the_same(provider: Any, form: Callable[[str], bytes]) -> None:
    meant = await expected(provider)
    sent = form(provider.request)
    assert sent != provider.request.encode()
    provider.accepted(await provider.call(sent))
    assert provider.taken() == meant


async def test_p10_builtin_entities_are_read_once(provider: Any) -> None:
    sent = provider.changed("Naabrid", "&lt;Naabrid&gt; &amp;amp; &quot;&apos;")
    provider.accepted(await provider.call(sent))
    assert provider.taken()["event"]["description"].startswith("<Naabrid> &amp; \"'")


@pytest.mark.parametrize("content_type", ["text/xml", "TEXT/XML", "text/xml;", "text/xml; action=x"])
async def test_p11_without_a_charset_it_is_utf_8(provider: Any, content_type: str) -> None:
    provider.accepted(await provider.call(provider.request, content_type))
    assert provider.taken()["persons"][0]["familyName"] == "Näidis"


@pytest.mark.parametrize("declared", ["", DECLARATION, DECLARATION.replace("UTF-8", "ISO-8859-1")])
@pytest.mark.parametrize("charset", ["ISO-8859-1", "iso-8859-1", '"iso-8859-1"'])
async def test_p12_another_charset_is_read_and_utf_8_is_answered(
    provider: Any, declared: str, charset: str
) -> None:
    sent = provider.changed(DECLARATION, declared).replace("–", "-").replace("2017-1203", "päev")
    answer = await provider.call(sent.encode("iso-8859-1"), f"text/xml; charset={charset}")
    provider.accepted(answer)
    assert provider.taken()["persons"][0]["familyName"] == "Näidis"
    assert "päev".encode() in answer.content


@pytest.mark.parametrize("size", [1, 7, 1000, 1_000_000])
async def test_p13_a_chunked_body_is_a_body(provider: Any, size: int) -> None:
    body = provider.request.encode()

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    answer = await provider.call(chunks())
    assert "content-length" not in answer.request.headers
    provider.accepted(answer)


async def test_p18_children_are_qualified_as_the_schema_says(provider: Any) -> None:
    qualified = re.sub(r"<(/?)(?=[a-z]\w*[ >])", r"<\1tv:", provider.request)
    assert "<tv:senderReference>" in qualified
    assert provider.fault(await provider.call(qualified)) == "Client.schema_violation"
    provider.accepted(await provider.call(provider.request))


@pytest.mark.parametrize(
    "body", ["", " ", "Mari-Liis", "<", "<a>", "<a/><b/>", "{}", "\x00", "<a>&nbsp;</a>", "<x:a/>"]
)
async def test_p30_what_is_no_xml_is_a_fault(provider: Any, body: str) -> None:
    assert provider.fault(await provider.call(body)) == "Client.invalid_xml"


async def test_p30_a_message_that_was_cut_is_a_fault(provider: Any) -> None:
    for length in (100, 1500, len(provider.request) - 20):
        assert provider.fault(await provider.call(provider.request[:length])) == "Client.invalid_xml"
    assert provider.fault(await provider.call("<a/>")) == "Client.invalid_soap"
    assert await provider.kept() == 0


async def test_p31_a_doctype_is_refused_before_anything_is_expanded(provider: Any, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("Kanaarilind")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    for subset in (
        "<!DOCTYPE SOAP-ENV:Envelope>",
        f'<!DOCTYPE a [<!ENTITY e SYSTEM "{canary.as_uri()}">]>',
        f'<!DOCTYPE a SYSTEM "{canary.as_uri()}">',
        f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{canary.as_uri()}">%p;]>',
        f'<!DOCTYPE a [<!ENTITY l0 "Kanaarilind">{laughs}<!ENTITY e "&l9;">]>',
    ):
        sent = provider.changed("<SOAP-ENV:Envelope", f"{subset}<SOAP-ENV:Envelope")
        began = time.process_time()
        answer = await provider.call(sent.replace("Naabrid", "&e;" if "ENTITY e " in subset else "Naabrid"))
        assert provider.fault(answer) == "Client.invalid_xml"
        assert "Kanaarilind" not in answer.text
        assert time.process_time() - began < 1
    assert await provider.kept() == 0


@pytest.mark.parametrize(
    "content_type",
    [
        *(None, "", "application/soap+xml", "application/soap+xml; charset=utf-8", "application/json"),
        *("text/plain", "application/xml", "nonsense", "text/xml-patch", "text/xml; charset=klingon"),
    ],
)
async def test_p32_another_content_type_is_a_fault(provider: Any, content_type: str | None) -> None:
    answer = await provider.call(provider.request, content_type)
    assert provider.fault(answer) == "Client.invalid_content_type"
    assert await provider.kept() == 0


async def test_p33_soap_1_2_is_a_fault(provider: Any) -> None:
    sent = provider.changed(
        "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"
    )
    assert provider.fault(await provider.call(sent)) == "Client.soap_version_unsupported"
