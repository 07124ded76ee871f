"""Whatever comes to the SOAP address: a Fault that says nothing of it, and nothing stored but its refusal."""

import gzip
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from lxml import etree

from services.kit import personal_code
from tests.contracts import contract, door
from tests.contracts.bodies import changed
from tests.contracts.door import CANARY
from tests.contracts.letters import PATH, message, post, soap
from tests.contracts.together import SECRET, Together, audited, grown

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile-soap")]
Said = Callable[[], str]
SPACE = {"e": "http://schemas.xmlsoap.org/soap/envelope/", "t": "http://turvavork.x-road.eu/producer"}
MIB = 1 << 20
#: Seconds within which every answer comes, and how many bytes the process may grow meanwhile.
PATIENCE, ROOM = 20.0, 50 * MIB  # a hang, not a busy machine
INSIDE = ("Traceback", "services/", "lxml", "asyncpg", "pydantic", "root:x:", CANARY)
GOOD = message(door.submission()).decode()


def of(old: str, new: str) -> bytes:
    """The good message with every ``old`` replaced."""
    assert old in GOOD
    return GOOD.replace(old, new).encode()


def without(start: str, end: str) -> bytes:
    """The good message without what stands from ``start`` to ``end``."""
    head, _, rest = GOOD.partition(start)
    _, found, tail = rest.partition(end)
    assert found
    return (head + tail).encode()


def prefaced(doctype: str, entity: str = "x") -> bytes:
    """The good message after a DOCTYPE, with an entity in a text."""
    return (doctype + GOOD.replace(f">{CANARY}<", f">{entity}<", 1)).encode()


def stuffed(stuff: bytes) -> bytes:
    """The good message with something more in its narrative."""
    return GOOD.encode().replace(b"</victimWishes>", stuff + b"</victimWishes>")


LOL = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
XML: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "invalid_xml"),
    "white space": (b" \r\n\t ", "invalid_xml"),
    "no xml": (CANARY.encode(), "invalid_xml"),
    "json": (json.dumps(door.submission()).encode(), "invalid_xml"),
    "nul": (b"\0" * 5000, "invalid_xml"),
    "random bytes": (bytes(range(256)) * 40, "invalid_xml"),
    "cut": (GOOD[: len(GOOD) // 2].encode(), "invalid_xml"),
    "two documents": ((GOOD + GOOD).encode(), "invalid_xml"),
    "crossed": (of("</givenName>", "</familyName>"), "invalid_xml"),
    "attribute twice": (of("<referral>", '<referral a="1" a="2">'), "invalid_xml"),
    "unbound prefix": (of("<referral>", "<q:referral>"), "invalid_xml"),
    "control character": (stuffed(b"&#1;"), "invalid_xml"),
    "surrogate": (stuffed(b"&#xD800;"), "invalid_xml"),
    "invalid utf-8": (stuffed(b"\xff\xfe"), "invalid_xml"),
    "overlong utf-8": (stuffed(b"\xc0\xbc"), "invalid_xml"),
    "doctype": (prefaced("<!DOCTYPE a>"), "invalid_xml"),
    "doctype after a declaration": (prefaced('<?xml version="1.0"?>\n<!DOCTYPE a []>'), "invalid_xml"),
    "entity": (prefaced(f'<!DOCTYPE a [<!ENTITY x "{CANARY}">]>', "&x;"), "invalid_xml"),
    "file": (prefaced('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"), "invalid_xml"),
    "address": (prefaced('<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]>', "&x;"), "invalid_xml"),
    "subset": (prefaced('<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">'), "invalid_xml"),
    "parameter": (
        prefaced('<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]>'),
        "invalid_xml",
    ),
    "laughs": (prefaced(f'<!DOCTYPE a [<!ENTITY l0 "lol">{LOL}]>', "&l11;"), "invalid_xml"),
    "one long entity": (
        prefaced(f'<!DOCTYPE a [<!ENTITY x "{"y" * 50_000}">]>', "&x;" * 50_000),
        "invalid_xml",
    ),
    "unknown entity": (stuffed(b"&nbsp;"), "invalid_xml"),
    "inclusion": (
        stuffed(b'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'),
        "schema_violation",
    ),
    "style sheet": (
        b'<?xml-stylesheet href="file:///etc/passwd"?><a>' + CANARY.encode() + b"</a>",
        "invalid_soap",
    ),
    "deep": (stuffed(b"<a>" * 10_000 + b"</a>" * 10_000), "invalid_xml"),
    "deep and never closed": (stuffed(b"<a>" * 300_000), "invalid_xml"),
    "attributes": (
        stuffed(b"<a " + b" ".join(b'a%d=""' % n for n in range(90_000)) + b"/>"),
        "invalid_xml",
    ),
    "namespaces": (
        stuffed(b"<a " + b" ".join(b'xmlns:n%d="u"' % n for n in range(50_000)) + b"/>"),
        "invalid_xml",
    ),
    "namespaces of many": (
        stuffed(b"".join(b'<a xmlns="u%d"/>' % n for n in range(40_000))),
        "invalid_xml",
    ),
    "elements": (stuffed(b"<b/>" * 200_000), "invalid_xml"),
    "a long name": (stuffed(b"<" + b"a" * 900_000 + b"/>"), "invalid_xml|schema_violation"),
    "a long value": (stuffed(b'<a b="' + b"x" * 900_000 + b'"/>'), "schema_violation"),
    "a long text": (stuffed(b"x" * 900_000), "schema_violation"),
    "long cdata": (stuffed(b"<![CDATA[" + b"]]" * 400_000 + b"]]>"), "schema_violation"),
    "a long comment": (stuffed(b"<!--" + b"x" * 900_000 + b"--><q/>"), "schema_violation"),
    "references": (stuffed(b"&#65;" * 150_000), "schema_violation"),
}
SOAP: dict[str, tuple[bytes, str]] = {
    "soap 1.2": (
        of("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"),
        "soap_version_unsupported",
    ),
    "no soap": (of("e:Envelope", "e:Letter"), "invalid_soap"),
    "no header": (without("<e:Header>", "</e:Header>"), "missing_header"),
    "two headers": (of("<e:Body>", "<e:Header/><e:Body>"), "invalid_soap"),
    "no body": (without("<e:Body>", "</e:Body>"), "missing_body"),
    "two bodies": (of("</e:Envelope>", "<e:Body><a/></e:Body></e:Envelope>"), "invalid_body"),
    "two wrappers": (of("</e:Body>", f"<a>{CANARY}</a></e:Body>"), "invalid_body"),
    "no client": (without("<x:client", "</x:client>"), "missing_header_field"),
    "no service": (without("<x:service", "</x:service>"), "missing_header_field"),
    "no id": (without("<x:id>", "</x:id>"), "missing_header_field"),
    "no version": (without("<x:protocolVersion>", "</x:protocolVersion>"), "missing_header_field"),
    "two ids": (of("<x:userId>", "<x:id>2</x:id><x:userId>"), "duplicate_header_field"),
    "two users": (of("<x:userId>", "<x:userId>EE1</x:userId><x:userId>"), "duplicate_header_field"),
    "elements in an id": (of("<x:id>", "<x:id><a/>"), "invalid_header_field"),
    "a long id": (of("<x:id>", f"<x:id>{CANARY * 30}"), "invalid_header_field"),
    "no type": (of(' i:objectType="SUBSYSTEM"', ""), "invalid_header_field"),
    "another type": (of("SUBSYSTEM", CANARY), "invalid_header_field"),
    "protocol 3.5": (of(">4.0<", ">3.5<"), "invalid_protocol_version"),
    "unknown service": (of(">submitReferral<", f">{CANARY}<"), "unknown_service"),
    "service of another": (of(">turvavork<", ">other<"), "unknown_service"),
    "version 2": (of(">v1<", ">v2<"), "unknown_service"),
    "unknown client": (of(">polis<", ">other<"), "access_denied"),
    "another wrapper": (of("t:submitReferral", "t:getReferralStatus"), "inconsistent_headers"),
    "another namespace": (of("turvavork.x-road.eu/producer", "other.example"), "inconsistent_headers"),
    "unknown element": (of("<region>", f"<q>{CANARY}</q><region>"), "schema_violation"),
    "unknown name": (of("<region>", f"<{CANARY}/><region>"), "schema_violation"),
    "unknown attribute": (of("<region>", f'<region a="{CANARY}">'), "schema_violation"),
    "out of order": (of("<version>1</version>", ""), "schema_violation"),
    "unknown region form": (of(">polva<", f">{CANARY}!<"), "schema_violation"),
    "no such day": (of(">2017-03-02<", ">2017-02-30<"), "schema_violation"),
    "no instant": (of("T20:30:00Z", "T20:30:00"), "schema_violation"),
    "a number": (of("<version>1<", "<version>1e9<"), "schema_violation"),
    "a large number": (of("<version>1<", f"<version>{'9' * 400}<"), "schema_violation"),
    "a type of its own": (
        of(
            "<referral>",
            '<referral xmlns:s="http://www.w3.org/2001/XMLSchema-instance" s:type="s:anyType">',
        ),
        "schema_violation",
    ),
    "nothing for a value": (
        of(
            "<region>polva",
            '<region xmlns:s="http://www.w3.org/2001/XMLSchema-instance" s:nil="true">',
        ),
        "schema_violation",
    ),
    "too many people": (
        message(door.submission(*(door.person() for _ in range(47)))),
        "schema_violation",
    ),
}


def fault(answer: Any) -> str:
    """The code of a Fault that keeps to the protocol and to itself."""
    assert answer.status_code == 500, answer.text[:500]
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    root = etree.fromstring(answer.content)
    assert root.find("e:Header", SPACE) is None
    (found,) = root.findall("e:Body/e:Fault", SPACE)
    assert UUID(str(found.findtext("detail/faultDetail"))) == UUID(answer.headers["x-request-id"])
    assert {str(each.findtext("code")) for each in found.iterfind("detail/error")} <= contract.codes()
    assert not [word for word in INSIDE if word in answer.text]
    code = str(found.findtext("faultcode")).removeprefix("env:")
    assert code.partition(".")[2].replace("_", "-") in contract.statuses()
    return code


async def refused(house: Together, said: Said, expected: str, body: Any, **headers: str) -> None:
    """Posts what must be refused: in time, in our words, with one row of evidence and nothing else."""
    before = await house.counts()
    said()
    began = time.monotonic()
    answer = await post(house, body, **headers)
    assert time.monotonic() - began < PATIENCE
    assert fault(answer) in {f"Client.{code}" for code in expected.split("|")}
    assert not [word for word in INSIDE if word in said()]
    after = await house.counts()
    assert grown(before, after) == {}
    assert audited(before, after, "exchange") == 1
    (row,) = await house.rows(
        "exchange",
        "select action, canonical from audit where request_id = $1",
        answer.headers["x-request-id"],
    )
    assert row["action"] == "refuse"
    assert CANARY.encode() not in row["canonical"]


async def test_the_good_message_is_good(house: Together) -> None:
    """Else the refusals below would prove nothing."""
    assert "<status>AWAITING_SCREENING" in (await soap(house, door.submission())).text


@pytest.mark.parametrize("name", XML)
async def test_hostile_xml_is_a_fault(house: Together, said: Said, name: str) -> None:
    """INV-16: any bytes have a clean answer."""
    await refused(house, said, XML[name][1], XML[name][0])


@pytest.mark.parametrize("name", SOAP)
async def test_a_message_that_breaks_the_protocol_is_a_fault(house: Together, said: Said, name: str) -> None:
    await refused(house, said, SOAP[name][1], SOAP[name][0])


MEDIA: dict[str, tuple[str, bytes, str]] = {
    "soap+xml": ("application/soap+xml; charset=utf-8", GOOD.encode(), "invalid_content_type"),
    "json": ("application/json", GOOD.encode(), "invalid_content_type"),
    "none": ("", GOOD.encode(), "invalid_content_type"),
    "multipart without parts": ("multipart/related; boundary=x", GOOD.encode(), "mime_parsing_failed"),
    "utf-7": ("text/xml; charset=utf-7", GOOD.encode("utf-7"), "invalid_content_type"),
    "ebcdic": ("text/xml; charset=cp037", GOOD.encode("cp037"), "invalid_content_type"),
    "no charset": ("text/xml; charset=" + CANARY * 50, GOOD.encode(), "invalid_content_type"),
    "latin-1 called utf-8": ("text/xml; charset=utf-8", b"<a>\xe4</a>", "invalid_xml"),
    "latin-1 called utf-16": ("text/xml; charset=utf-16", b"<a>\xe4</a>", "invalid_xml"),
    "utf-32": ("text/xml", GOOD.encode("utf-32"), "invalid_xml"),
    "ebcdic, not called": ("text/xml", GOOD.encode("cp037"), "invalid_xml"),
    "a doctype in utf-16": ("text/xml", prefaced("<!DOCTYPE a>").decode().encode("utf-16"), "invalid_xml"),
}


@pytest.mark.parametrize("name", MEDIA)
async def test_another_content_type_or_charset_is_a_fault(house: Together, said: Said, name: str) -> None:
    media, body, code = MEDIA[name]
    await refused(house, said, code, body, content_type=media)


BOMB = gzip.compress(GOOD.encode() + b" " * (8 * MIB), compresslevel=1)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
async def test_a_compressed_body_is_a_fault(house: Together, said: Said, encoding: str) -> None:
    """Nothing is unpacked, so no small message becomes a large one."""
    await refused(house, said, "invalid_content_type", BOMB, content_encoding=encoding)


async def test_bytes_that_mean_the_same_are_the_same_message(house: Together) -> None:
    """A byte order mark or another charset is no attack, nor a wrong name for bytes that leave no doubt."""
    for encoding, media in (
        ("utf-8-sig", "text/xml"),
        ("utf-16", "text/xml; charset=utf-16"),
        ("utf-16-le", "text/xml; charset=utf-8"),
        ("utf-8", "text/xml; charset=utf-16"),
    ):
        answer = await post(house, message(door.submission()).decode().encode(encoding), content_type=media)
        assert "<status>AWAITING_SCREENING" in answer.text


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "NONSENSE"])
async def test_another_method_is_a_fault(house: Together, method: str) -> None:
    before = await house.counts()
    headers = {"content-type": "text/xml", "x-turvavork-gateway": SECRET}
    answer = await house.http["exchange"].request(method, PATH, content=GOOD, headers=headers)
    if method == "HEAD":
        assert answer.status_code == 500
    else:
        assert fault(answer) == ("Client.not_found" if method == "GET" else "Client.method_not_allowed")
    assert grown(before, await house.counts()) == {}


def _resident(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{name}:")[2].split()[0]) * 1024


def _calm() -> int:
    """What the process holds now; its high-water mark begins here."""
    Path("/proc/self/clear_refs").write_text("5")
    return _resident("VmRSS")


async def pieces(start: bytes, filling: bytes, end: bytes, size: int) -> AsyncIterator[bytes]:
    """A body of about ``size`` bytes that never stands in memory as a whole on our side."""
    yield start
    block = filling * (65536 // len(filling))
    for _ in range(size // len(block)):
        yield block
    yield end


#: How a body begins, what fills it, how it ends, and its size.
LARGE: dict[str, tuple[bytes, bytes, bytes, int]] = {
    "two million elements": (b"<a>", b"<b/>", b"</a>", 8 * MIB),
    "up to the gateway's limit": (b"<a>", b"<b/>", b"</a>", 20 * MIB - 65536),
    "beyond the gateway's limit": (b"<a>", b"<b/>", b"</a>", 24 * MIB),
    "as many elements as fit": (b"<a>", b"<b/>", b"</a>", MIB - 65536),
    "as many levels as fit": (b"<a>", b"<b>", b"", MIB - 65536),
    "as many attributes as fit": (b"<a>", b'<b c="" d="" e="" f=""/>', b"</a>", MIB - 65536),
    "as much text as fits": (b"<a>", b"&lt;", b"</a>", MIB - 65536),
    "spaces": (b"<a>", b" ", b"</a>", MIB - 65536),
}


@pytest.mark.parametrize("name", LARGE)
async def test_a_large_message_costs_little(house: Together, said: Said, name: str) -> None:
    size = LARGE[name][-1]
    before = _calm()
    expected = "too_large" if size > MIB else "invalid_xml|invalid_soap"
    await refused(house, said, expected, pieces(*LARGE[name]))
    assert _resident("VmHWM") - before < ROOM


RULES: dict[str, tuple[dict[tuple[str | int, ...], Any], str]] = {
    "check digit": ({("persons", 0, "personalCode"): "48805042712"}, "check-digit"),
    "length": ({("persons", 0, "personalCode"): "4880504271"}, "form|length|schema"),
    "another birth date": (
        {("persons", 0, "personalCode"): personal_code.make(door.BIRTH, "female", 1)},
        "differs-from-code",
    ),
    "a future event": ({("event", "occurredAt"): "2199-03-01T20:30:00Z"}, "future"),
    "a future referral": ({("referredOn",): "2199-03-02"}, "future"),
    "a referral before the event": ({("referredOn",): "2017-02-28"}, "before-event"),
    "two victims": ({("persons",): [door.person(), door.person()]}, "one-victim"),
    "no victim": ({("persons",): [door.person("child", "child")]}, "one-victim"),
    "a child of 18": (
        {
            ("persons",): [
                door.person(),
                door.person("child", "child") | {"birthDate": "1999-03-02"},
            ]
        },
        "not-a-child",
    ),
    "no reason": (
        {("grounds",): ["professional-judgement"], ("judgementReason",): None},
        "required",
    ),
    "an unknown region": ({("region",): "kanaarilind"}, "unknown|schema"),
    "a region not yet at work": ({("region",): "tallinn-4"}, "not-at-work"),
    "nobody's birth": ({("persons", 0, "birthDate"): None}, "code-or-birth-date"),
}


@pytest.mark.parametrize("rule", RULES)
async def test_a_broken_rule_is_told_in_the_wrapper(house: Together, said: Said, rule: str) -> None:
    changes, code = RULES[rule]
    before = await house.counts()
    said()
    answer = await soap(house, changed(door.submission(), changes))
    if answer.status_code == 500:
        assert code.endswith("|schema")
        assert fault(answer) == "Client.schema_violation"
    else:
        wrapper = etree.fromstring(answer.content).find("e:Body/t:submitReferralResponse", SPACE)
        assert wrapper is not None
        assert wrapper.findtext("faultCode") == "referral-invalid"
        assert {str(each.findtext("code")) for each in wrapper.iterfind("error")} & set(code.split("|"))
        assert not [word for word in ("48805042712", *INSIDE) if word in answer.text.partition("Body")[2]]
    assert not [word for word in ("48805042712", *INSIDE) if word in said()]
    after = await house.counts()
    assert grown(before, after) == {}
    assert audited(before, after, "exchange") == 1
