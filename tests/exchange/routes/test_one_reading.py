"""Whom a security server takes for the client, we take for the client, or nobody: there are not two readings.

A security server parses the body by its first bytes and its declaration, and does not decode the first part
of a message in parts. It passes both on as they came, with the sender's content type and header of the part.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from tests.exchange.routes.conftest import SPACE
from tests.exchange.routes.traits import DECLARATION
from tests.exchange.routes.traits_parts import KIND, cut

CLIENT = re.compile(r"<xrd:client .*?</xrd:client>", re.DOTALL)
STRANGER = "tundmatu"


def with_clients(golden: str, form: str) -> str:
    """The request with something else in place of its client: ``{b}`` is the client, ``{a}`` a stranger."""
    found = CLIENT.search(golden)
    assert found is not None
    stranger = found[0].replace(">polis<", f">{STRANGER}<")
    return golden.replace(found[0], form.replace("{b}", found[0]).replace("{a}", stranger))


def half_letters(golden: str, codec: str, half: str) -> bytes:
    """Where the first byte of a letter takes the ``]`` behind it away, CDATA ends later than for others."""
    form = (
        f"<q><![CDATA[{half}]]></q>{{b}}<w><q><![CDATA[ ]]></q>{{a}}<q><![CDATA[{half}]]></q></w>"
        "<q><![CDATA[]]></q>"
    )
    text = with_clients(re.sub(r"[^\x00-\x7f]", "-", golden), form)
    return text.replace(DECLARATION, f'<?xml version="1.0" encoding="{codec}"?>\n').encode("latin-1")


def coded_markup(golden: str) -> bytes:
    """Tags that are there only for who decodes quoted-printable."""
    tags = ("<q></q>", "{b}", "<w><q>", "</q>")
    form = "".join((tags[0][:3], "\1", tags[1], "\2", "</q>{a}<q>", "\3", "</q>"))
    text = with_clients(golden, form)
    opened, rest = text.split("\1")
    hidden, rest = rest.split("\2")
    middle, end = rest.split("\3")
    own = f"{opened}{quoted('</q>' + hidden + '<w><q>')}{middle}{quoted('</q></w><q>')}{end}"
    return re.sub(r"[^\x00-\x7f]", "-", own).encode()


def quoted(text: str) -> str:
    return text.replace("=", "=3D").replace("<", "=3C").replace(">", "=3E").replace("\n", "=0A")


def as_a_security_server_reads(body: bytes, codec: str) -> list[str]:
    """The subsystems of the clients that it sees."""
    text = re.sub(r"<\?xml[^>]*\?>", "", body.decode(codec))
    fields = etree.fromstring(text.encode()).findall("e:Header/x:client", SPACE)
    return [str(field.findtext("i:subsystemCode", namespaces=SPACE)) for field in fields]


@pytest.mark.parametrize(
    ("codec", "half", "told"),
    [
        ("Shift_JIS", "\x81", "text/xml; charset=ISO-8859-1"),
        ("GBK", "\x81", "text/xml; charset=windows-1251"),
        ("Big5", "\xa5", "text/xml; charset=ISO-8859-15"),
    ],
)
async def test_a_letter_of_two_bytes_hides_nobody(provider: Any, codec: str, half: str, told: str) -> None:
    sent = half_letters(provider.request, codec, half)
    assert as_a_security_server_reads(sent, codec) == [STRANGER]
    assert provider.fault(await provider.call(sent, told)) == "Client.invalid_content_type"
    assert await provider.kept() == 0


async def test_an_encoding_of_the_part_hides_nobody(provider: Any) -> None:
    """What is XML as it is has a ``=`` before a quote, which quoted-printable has not."""
    soap = coded_markup(provider.request)
    assert as_a_security_server_reads(soap, "utf-8") == [STRANGER]
    head = b"Content-Type: text/xml\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    answer = await provider.call(cut(head + soap), KIND)
    assert provider.fault(answer) == "Client.mime_parsing_failed"
    assert await provider.kept() == 0


NESTED: dict[str, Callable[[str], str]] = {
    "within another field": lambda golden: with_clients(golden, "{a}<w>{b}</w>"),
    "in another namespace": lambda golden: with_clients(golden, '{a}<w xmlns:xrd="urn:x">{b}</w>'),
    "in a comment": lambda golden: with_clients(golden, "{a}<!--{b}-->"),
    "in CDATA": lambda golden: with_clients(golden, "{a}<w><![CDATA[{b}]]></w>"),
    "in the body": lambda golden: with_clients(golden, "{a}").replace("<referral>", "<referral><!--{b}-->"),
}


@pytest.mark.parametrize("name", NESTED)
async def test_a_client_elsewhere_is_none(provider: Any, name: str) -> None:
    sent = NESTED[name](provider.request).encode()
    assert as_a_security_server_reads(sent, "utf-8") == [STRANGER]
    assert provider.fault(await provider.call(sent)) == "Client.access_denied"


async def test_two_clients_are_none(provider: Any) -> None:
    for form in ("{a}{b}", "{b}{a}", "{b}<w/>{b}"):
        sent = with_clients(provider.request, form)
        assert provider.fault(await provider.call(sent)) == "Client.duplicate_header_field"


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u3000", "\u0085", "\u2028"])
async def test_a_space_that_is_not_of_xml_is_a_letter(provider: Any, space: str) -> None:
    sent = provider.changed("<id:memberCode>70008747<", f"<id:memberCode>70008747{space}<")
    assert provider.fault(await provider.call(sent)) in {
        "Client.access_denied",
        "Client.invalid_header_field",
    }
    assert await provider.kept() == 0
